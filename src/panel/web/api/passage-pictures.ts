import { API } from "./http.ts";
import { openViewing, type Span } from "./playback.ts";

// Small pictures out of recordings, made by the browser: the box only sends the second in question, and decodes nothing.

const PIECE_MS = 24 * 3_600_000;
/** To the picture itself; playing begins at the key frame before it. */
const LENGTH_MS = 1_000;
const LATE_MS = 8_000;

/** One at a time: a phone has few decoders, and the disk is the recorder's. */
let queue: Promise<unknown> = Promise.resolve();

/** Opens viewings of a span as they are needed, each of a day at the most, once. */
export function viewingsOf(camera: string, span: Span, reason: string): (atMs: number) => Promise<string> {
  const opened = new Map<number, Promise<string>>();
  return (atMs) => {
    const piece = Math.floor((atMs - span.fromMs) / PIECE_MS);
    const fromMs = span.fromMs + piece * PIECE_MS;
    const known = opened.get(piece);
    if (known) return known;
    const opening = openViewing(camera, { fromMs, toMs: Math.min(span.toMs, fromMs + PIECE_MS) }, reason);
    opened.set(piece, opening);
    return opening;
  };
}

export interface WantedPicture {
  readonly camera: string;
  readonly atMs: number;
  readonly viewing: (atMs: number) => Promise<string>;
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
  { camera, atMs, viewing }: WantedPicture,
  canvas: HTMLCanvasElement,
  signal: AbortSignal,
): Promise<boolean> {
  const query = new URLSearchParams({
    viewing: await viewing(atMs),
    from: new Date(atMs).toISOString(),
    to: new Date(atMs + LENGTH_MS).toISOString(),
  });
  const path = `${API}/cameras/${encodeURIComponent(camera)}/recordings.mp4?${query}`;
  const answer = await fetch(path, { signal });
  if (!answer.ok) return false;
  const beginsMs = Date.parse(answer.headers.get("cunshao-from") ?? "");
  const url = URL.createObjectURL(await answer.blob());
  const video = document.createElement("video");
  try {
    video.muted = true;
    video.playsInline = true;
    video.preload = "auto";
    video.src = url;
    await happens(video, "loadeddata", signal);
    const seconds = (atMs - beginsMs) / 1000;
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
