// Plays a camera's fragmented MP4 from its WebSocket by Media Source Extensions, as near to live as it can.

/** `unsupported`: this browser cannot play it. `failing`: several attempts gave nothing. */
export type PlayerStatus = "connecting" | "playing" | "waiting" | "unsupported" | "failing";

export interface Player {
  stop(): void;
}

const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;
/** A stream that gives nothing for this long is opened anew. */
const SILENCE_MS = 8_000;
/** Behind the newest picture by more than this: jump; by a little: play a little faster. */
const JUMP_SECONDS = 1.5;
const HURRY_SECONDS = 0.6;
const KEPT_SECONDS = 6;
/** More than this waiting for the decoder means that this computer does not keep up. */
const MOST_QUEUED_BYTES = 4_000_000;
const ATTEMPTS_BEFORE_FAILING = 3;

type MediaSourceClass = typeof MediaSource;

function mediaSourceClass(): MediaSourceClass | undefined {
  const known = window as unknown as {
    ManagedMediaSource?: MediaSourceClass;
    MediaSource?: MediaSourceClass;
  };
  return known.MediaSource ?? known.ManagedMediaSource;
}

/**
 * Starts at once and goes on, with growing waits after failures, until stopped.
 * @param onReset called before the picture goes away, so that the last one can be kept.
 */
export function createMsePlayer(options: {
  video: HTMLVideoElement;
  url: string;
  onStatus: (status: PlayerStatus) => void;
  onReset: () => void;
}): Player {
  const { video, url, onStatus, onReset } = options;
  const Source = mediaSourceClass();
  let stopped = false;
  let waitMs = FIRST_WAIT_MS;
  let emptyAttempts = 0;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let endSession: (() => void) | undefined;

  function again(played: boolean): void {
    endSession = undefined;
    if (stopped) return;
    emptyAttempts = played ? 0 : emptyAttempts + 1;
    if (played) waitMs = FIRST_WAIT_MS;
    onStatus(emptyAttempts >= ATTEMPTS_BEFORE_FAILING ? "failing" : "waiting");
    retry = setTimeout(open, waitMs * (0.7 + 0.3 * Math.random()));
    waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
  }

  function open(): void {
    if (stopped || !Source) return;
    onStatus("connecting");
    endSession = playOnce({ Source, video, url, onReset, onPlaying: () => onStatus("playing"), onEnd });
  }

  function onEnd(result: "played" | "empty" | "unsupported"): void {
    if (result === "unsupported") {
      stopped = true;
      onStatus("unsupported");
    } else {
      again(result === "played");
    }
  }

  if (Source) open();
  else onStatus("unsupported");

  return {
    stop() {
      stopped = true;
      clearTimeout(retry);
      endSession?.();
    },
  };
}

/** One connection from opening to its end; returns how to end it early, without a word. */
function playOnce(session: {
  Source: MediaSourceClass;
  video: HTMLVideoElement;
  url: string;
  onReset: () => void;
  onPlaying: () => void;
  onEnd: (result: "played" | "empty" | "unsupported") => void;
}): () => void {
  const { Source, video, onPlaying } = session;
  const source = new Source();
  const address = URL.createObjectURL(source);
  const socket = new WebSocket(session.url);
  socket.binaryType = "arraybuffer";
  const queue: ArrayBuffer[] = [];
  let queuedBytes = 0;
  let buffer: SourceBuffer | undefined;
  let played = false;
  let over = false;
  let silence = setTimeout(() => finish("empty"), SILENCE_MS);

  function finish(result: "empty" | "unsupported" | "quiet"): void {
    if (over) return;
    over = true;
    clearTimeout(silence);
    socket.close();
    session.onReset();
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(address);
    if (result === "quiet") return;
    session.onEnd(result === "unsupported" ? result : played ? "played" : "empty");
  }

  function begin(mediaType: string): void {
    if (!Source.isTypeSupported(mediaType)) {
      finish("unsupported");
      return;
    }
    const start = (): void => {
      // The event comes a task later: the session may have ended meanwhile, and the source closed.
      if (over || source.readyState !== "open") return;
      buffer = source.addSourceBuffer(mediaType);
      buffer.addEventListener("updateend", feed);
      buffer.addEventListener("error", () => finish("empty"));
      feed();
    };
    source.addEventListener("sourceopen", start, { once: true });
    // Safari's managed source asks for this; others ignore it.
    video.disableRemotePlayback = true;
    video.src = address;
  }

  function feed(): void {
    if (over || !buffer || buffer.updating || source.readyState !== "open") return;
    followLive();
    if (dropPast(buffer)) return;
    const next = queue.shift();
    if (!next) return;
    queuedBytes -= next.byteLength;
    try {
      buffer.appendBuffer(next);
    } catch {
      // The browser's buffer is full or the decoder gave up: a fresh start mends both.
      finish("empty");
    }
  }

  function followLive(): void {
    const { buffered } = video;
    if (buffered.length === 0) return;
    const end = buffered.end(buffered.length - 1);
    const behind = end - video.currentTime;
    if (behind > JUMP_SECONDS || behind < 0)
      video.currentTime = Math.max(buffered.start(buffered.length - 1), end - 0.15);
    video.playbackRate = behind > HURRY_SECONDS ? 1.15 : 1;
    if (video.paused) void video.play().catch(() => undefined);
  }

  /** True when it started to remove what was seen; feeding goes on after that. */
  function dropPast({ buffered }: SourceBuffer): boolean {
    if (!buffer || buffered.length === 0) return false;
    const start = buffered.start(0);
    if (video.currentTime - start < 2 * KEPT_SECONDS) return false;
    buffer.remove(start, video.currentTime - KEPT_SECONDS);
    return true;
  }

  video.addEventListener(
    "timeupdate",
    () => {
      if (over) return;
      played = true;
      onPlaying();
    },
    { once: true },
  );
  socket.addEventListener("message", ({ data }) => {
    if (over) return;
    clearTimeout(silence);
    silence = setTimeout(() => finish("empty"), SILENCE_MS);
    if (typeof data === "string") {
      begin((JSON.parse(data) as { mediaType: string }).mediaType);
      return;
    }
    queue.push(data as ArrayBuffer);
    queuedBytes += (data as ArrayBuffer).byteLength;
    if (queuedBytes > MOST_QUEUED_BYTES) finish("empty");
    else feed();
  });
  socket.addEventListener("close", () => finish("empty"));
  video.addEventListener("error", () => finish("empty"), { once: true });

  return () => finish("quiet");
}
