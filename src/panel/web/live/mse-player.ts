import type { LiveSession } from "./live-socket.ts";
import { createPlayer, type Player, type PlayerStatus, type Screen, type ScreenEvents } from "./player.ts";

// Plays a camera's fragmented MP4 by Media Source Extensions, as near to live as it can.

/** Behind the newest picture by more than this: jump; by a little: play a little faster. */
const JUMP_SECONDS = 1.2;
const HURRY_SECONDS = 0.4;
const HURRY_RATE = 1.15;
/** Where a jump lands before the newest picture: a little to play until the next one is there. */
const HEADROOM_SECONDS = 0.1;
const KEPT_SECONDS = 6;
/** More than this waiting for the decoder means that this computer does not keep up. */
const MOST_QUEUED_BYTES = 6_000_000;

type MediaSourceClass = typeof MediaSource;

function mediaSourceClass(): MediaSourceClass | undefined {
  const known = window as unknown as {
    ManagedMediaSource?: MediaSourceClass;
    MediaSource?: MediaSourceClass;
  };
  return known.MediaSource ?? known.ManagedMediaSource;
}

/** @param onReset called before the picture goes away, so that the last one can be kept. */
export function createMsePlayer(options: {
  video: HTMLVideoElement;
  url: string;
  onStatus: (status: PlayerStatus) => void;
  onReset: () => void;
}): Player {
  const { video, url, onStatus, onReset } = options;
  const Source = mediaSourceClass();
  if (!Source) {
    onStatus("unsupported");
    return { stop() {} };
  }
  return createPlayer({
    url,
    onStatus,
    openScreen: (events) => createScreen(Source, video, onReset, events),
  });
}

function createScreen(
  Source: MediaSourceClass,
  video: HTMLVideoElement,
  onReset: () => void,
  events: ScreenEvents,
): Screen {
  /** Ends the run of chunks that is shown. */
  let endRun: (() => void) | undefined;
  let append: (chunk: ArrayBuffer) => void = () => {};

  function clear(): void {
    if (!endRun) return;
    onReset();
    endRun();
    endRun = undefined;
    video.removeAttribute("src");
    video.load();
  }

  return {
    clear,
    begin({ mediaType }: LiveSession) {
      if (!Source.isTypeSupported(mediaType)) return false;
      clear();
      const run = playRun(new Source(), video, mediaType, events);
      endRun = run.end;
      append = run.append;
      return true;
    },
    show: (chunk) => append(chunk),
  };
}

/** One run of chunks: init segment, then fragments. */
function playRun(source: MediaSource, video: HTMLVideoElement, mediaType: string, events: ScreenEvents) {
  const address = URL.createObjectURL(source);
  const leaving = new AbortController();
  const once = { once: true, signal: leaving.signal };
  let queue: ArrayBuffer[] = [];
  let queuedBytes = 0;
  let buffer: SourceBuffer | undefined;

  function feed(): void {
    if (leaving.signal.aborted || !buffer || buffer.updating || source.readyState !== "open") return;
    followLive();
    if (dropPast(buffer) || queue.length === 0) return;
    const next = queue.length === 1 && queue[0] ? queue[0] : joined(queue, queuedBytes);
    queue = [];
    queuedBytes = 0;
    try {
      buffer.appendBuffer(next);
    } catch {
      // The browser's buffer is full or the decoder gave up: a fresh start mends both.
      events.onBroken();
    }
  }

  /** Follows the newest picture, over the gaps that pictures left out for a slow line have made. */
  function followLive(): void {
    const { buffered } = video;
    if (buffered.length === 0) return;
    const start = buffered.start(buffered.length - 1);
    const end = buffered.end(buffered.length - 1);
    const behind = end - video.currentTime;
    const atGap = video.currentTime < start && !isBuffered(video, video.currentTime + HEADROOM_SECONDS);
    if (behind > JUMP_SECONDS || behind < 0 || atGap) {
      video.currentTime = Math.max(start, end - HEADROOM_SECONDS);
    }
    video.playbackRate = behind > HURRY_SECONDS ? HURRY_RATE : 1;
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

  function start(): void {
    buffer = source.addSourceBuffer(mediaType);
    buffer.addEventListener("updateend", feed, { signal: leaving.signal });
    buffer.addEventListener("error", events.onBroken, once);
    feed();
  }
  source.addEventListener("sourceopen", start, once);
  video.addEventListener("loadeddata", events.onPlaying, once);
  video.addEventListener("error", events.onBroken, once);
  // Safari's managed source asks for this; others ignore it.
  video.disableRemotePlayback = true;
  video.src = address;

  return {
    append(chunk: ArrayBuffer) {
      queue.push(chunk);
      queuedBytes += chunk.byteLength;
      if (queuedBytes > MOST_QUEUED_BYTES) events.onBroken();
      else feed();
    },
    end() {
      leaving.abort();
      URL.revokeObjectURL(address);
    },
  };
}

function isBuffered({ buffered }: HTMLVideoElement, time: number): boolean {
  for (let index = 0; index < buffered.length; index++) {
    if (buffered.start(index) <= time && time < buffered.end(index)) return true;
  }
  return false;
}

/** What a late viewer is sent at once goes to the decoder at once. */
function joined(chunks: readonly ArrayBuffer[], bytes: number): ArrayBuffer {
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(new Uint8Array(chunk), at);
    at += chunk.byteLength;
  }
  return whole.buffer;
}
