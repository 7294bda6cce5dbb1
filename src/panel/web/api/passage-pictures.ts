import { pieceOf, type Span } from "./playback.ts";
import { createViewings, type Viewings } from "./viewings.ts";

// Small pictures out of recordings, made by the browser: the box only sends the second in question, and decodes nothing.

const PIECE_MS = 24 * 3_600_000;
/** To the picture itself; playing begins at the key frame before it. */
const LENGTH_MS = 1_000;
const LATE_MS = 8_000;

/** One at a time: a phone has few decoders, and the disk is the recorder's. */
let queue: Promise<unknown> = Promise.resolve();

/** Of a span, by pieces of a day. */
export function viewingsOf(camera: string, span: Span, reason: string): Viewings {
  return createViewings(
    camera,
    () => reason,
    (atMs) => {
      const fromMs = span.fromMs + Math.floor((atMs - span.fromMs) / PIECE_MS) * PIECE_MS;
      return { fromMs, toMs: Math.min(span.toMs, fromMs + PIECE_MS) };
    },
  );
}

export interface WantedPicture {
  readonly camera: string;
  readonly atMs: number;
  readonly viewings: Viewings;
}

/** Draws what was recorded at a time; false where nothing was, or this browser cannot show it. Never rejects. */
export function pictureAt(
  wanted: WantedPicture,
  canvas: HTMLCanvasElement,
  signal: AbortSignal,
): Promise<boolean> {
  const drawing = queue.then(async () => {
    if (signal.aborted) return false;
    const ended = new AbortController();
    const end = (): void => ended.abort();
    signal.addEventListener("abort", end, { once: true });
    const late = setTimeout(end, LATE_MS);
    try {
      return await draw(wanted, canvas, ended.signal);
    } catch {
      // A row without a picture says so; why does not help who looks for somebody.
      return false;
    } finally {
      clearTimeout(late);
      signal.removeEventListener("abort", end);
    }
  });
  queue = drawing;
  return drawing;
}

async function draw(
  { camera, atMs, viewings }: WantedPicture,
  canvas: HTMLCanvasElement,
  signal: AbortSignal,
): Promise<boolean> {
  const span = { fromMs: atMs, toMs: atMs + LENGTH_MS };
  const { url, fromMs } = await viewings.within(atMs, (viewing) => pieceOf(camera, viewing, span, signal));
  const video = document.createElement("video");
  try {
    video.muted = true;
    video.playsInline = true;
    video.preload = "auto";
    video.src = url;
    await happens(video, "loadeddata", signal);
    const seconds = (atMs - fromMs) / 1000;
    if (seconds > 0.1) {
      const sought = happens(video, "seeked", signal);
      video.currentTime = Math.min(seconds, Math.max(0, video.duration - 0.05));
      await sought;
    }
    canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
    return true;
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  }
}

function happens(video: HTMLVideoElement, what: "loadeddata" | "seeked", signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new Error(what));
    video.addEventListener(what, () => resolve(), { once: true });
    video.addEventListener("error", fail, { once: true });
    signal.addEventListener("abort", fail, { once: true });
  });
}
