import { colourPictures, pictureBytes } from "../core/analysis.ts";
import type { Logger } from "../core/log.ts";
import type { GrayFormat, MediaChild, MediaTools } from "../core/media.ts";
import type { GrayPicture } from "../core/picture.ts";
import type { Clock, Moment } from "../core/time.ts";
import type { Attention } from "./attention.ts";
import type { FragmentHub } from "./fragment-hub.ts";
import type { Fragment } from "./fragmented-mp4.ts";
import { cutPictures } from "./picture-cutter.ts";
import { pictureSizeOf } from "./sample-entry.ts";

/** A decoder further behind than this is fed again only from a key frame on: late pictures help nobody. */
const MAX_LAG_MS = 800;
/** A decoder may take this long from its start to its first picture: a box that starts has much to do. */
const FIRST_PICTURE_MS = 5000;
/** Frames come a little early or late. */
const LOOK_SLACK_MS = 10;
/** Frames that wait for the one that is looked at; a stream that makes more of them starts again at a key frame. */
const MAX_HELD_BYTES = 8 * 1024 * 1024;
/**
 * ffmpeg's MP4 reader remembers every fragment, about 140 bytes each, which would be 180 MB a day at 15 pictures a
 * second: after so many fragments the next key frame goes to a fresh decoder.
 */
const MAX_FRAGMENTS = 50_000;

export interface AnalysisFeedDependencies {
  readonly media: MediaTools;
  readonly clock: Clock;
  readonly log: Logger;
  readonly attention: Attention;
}

export interface AnalysisFeed {
  /** No picture comes after this was called. */
  stop(): Promise<void>;
}

interface Decoder {
  readonly child: MediaChild;
  /** When each frame arrived whose picture has not come out yet, in order. */
  readonly due: Moment[];
  fragments: number;
  /** Silence beyond this means that what is due will not come. */
  nextPictureByMs: number;
  hasEnded: boolean;
}

interface HeldFrame {
  readonly fragment: Fragment;
  readonly arrived: Moment;
}

/**
 * Decodes a stream to gray pictures, or to pictures in colour at the stream's own size and aspect, from its next key frame
 * on, for one session of the ingest: every so many frames a second while the camera has attention, key frames only while
 * it has not. Frames wait here for the next one that is looked at, so that the decoder wakes once for all of them, and
 * never for the last of a group, which nobody needs.
 */
export function startAnalysisFeed(
  dependencies: AnalysisFeedDependencies,
  camera: string,
  format: GrayFormat,
  hub: FragmentHub,
  onPicture: (picture: GrayPicture) => void,
): AnalysisFeed {
  const { media, clock, log, attention } = dependencies;
  const lookIntervalMs = 1000 / format.framesPerSecond - LOOK_SLACK_MS;
  const ending = new Set<Promise<void>>();
  let decoder: Decoder | undefined;
  let init: Uint8Array | undefined;
  let unitsPerMs = 90;
  let isWaitingForKey = true;
  let isStopped = false;
  let held: HeldFrame[] = [];
  let heldBytes = 0;
  let lastKeyMs: number | undefined;
  let lastLookMs = Number.NEGATIVE_INFINITY;

  function begin(): void {
    const pictures = format.colour ? colourPictures((init && pictureSizeOf(init)) ?? format) : format;
    const { width, height } = pictures;
    const child = media.decodeGray(camera, pictures);
    const nextPictureByMs = clock.now().monotonicMs + FIRST_PICTURE_MS;
    const begun: Decoder = { child, due: [], fragments: 0, nextPictureByMs, hasEnded: false };
    cutPictures(child.stdout, pictureBytes(pictures), (pixels) => {
      const now = clock.now();
      begun.nextPictureByMs = now.monotonicMs + MAX_LAG_MS;
      const at = begun.due.shift() ?? now;
      if (!isStopped) onPicture({ camera, width, height, pixels, at });
    });
    void child.ended.then(({ reason }) => {
      begun.hasEnded = true;
      if (decoder === begun && !isStopped)
        log.warn({ reason }, "decoder ended; the next key frame starts another");
    });
    if (init) child.stdin.write(init);
    lastLookMs = Number.NEGATIVE_INFINITY;
    decoder = begun;
  }

  function retire(): void {
    if (!decoder) return;
    const stopping = decoder.child.stop();
    decoder = undefined;
    ending.add(stopping);
    void stopping.finally(() => ending.delete(stopping));
  }

  function letGo(): void {
    held = [];
    heldBytes = 0;
  }

  /** Whether the decoder can go on from this key frame; one that fell behind must have caught up first. */
  function isReady({ child, due, nextPictureByMs }: Decoder, nowMs: number): boolean {
    if (child.stdin.writableNeedDrain) return false;
    // A damaged frame gives no picture; still waited for, it would make all that follow look older than they are.
    if (nowMs > nextPictureByMs) due.length = 0;
    return due.length === 0;
  }

  /** Gives the decoder what waits up to the newest frame that is looked at. */
  function feed({ child, due }: Decoder): number {
    let count = 0;
    for (const [index, { fragment, arrived }] of held.entries()) {
      const frameMs = fragment.decodeTime / unitsPerMs;
      if (frameMs - lastLookMs < lookIntervalMs && frameMs >= lastLookMs) continue;
      lastLookMs = frameMs;
      due.push(arrived);
      count = index + 1;
    }
    if (count === 0) return 0;
    const given = held.slice(0, count).map(({ fragment }) => fragment.bytes);
    child.stdin.write(given.length === 1 ? given[0] : Buffer.concat(given));
    held = held.slice(count);
    heldBytes = held.reduce((sum, { fragment }) => sum + fragment.bytes.length, 0);
    return count;
  }

  function onKeyFrame(keyMs: number, nowMs: number): void {
    if (lastKeyMs !== undefined) attention.onKeyFrame(keyMs - lastKeyMs);
    lastKeyMs = keyMs;
    letGo();
    if (decoder && (decoder.hasEnded || decoder.fragments >= MAX_FRAGMENTS)) {
      retire();
      begin();
    }
    if (isWaitingForKey && decoder && isReady(decoder, nowMs)) isWaitingForKey = false;
  }

  const detach = hub.attach({
    onInit({ bytes, timescale }) {
      init = bytes;
      unitsPerMs = timescale / 1000;
      isWaitingForKey = true;
      lastKeyMs = undefined;
      attention.restart();
      letGo();
      retire();
      begin();
    },
    onFragment(fragment) {
      if (fragment.track === "audio") return;
      if (!decoder) return;
      const arrived = clock.now();
      const frameMs = fragment.decodeTime / unitsPerMs;
      const [oldest] = decoder.due;
      // Starting inside a group of pictures, or after a gap in one, gives wrong frames without any error.
      if (oldest && arrived.monotonicMs - oldest.monotonicMs > MAX_LAG_MS) isWaitingForKey = true;
      if (fragment.keyFrame) onKeyFrame(frameMs, arrived.monotonicMs);
      const wantsAll = attention.wantsFrame(frameMs - (lastKeyMs ?? frameMs));
      if (isWaitingForKey || !decoder.child.stdin.writable) return;
      held.push({ fragment, arrived });
      heldBytes += fragment.bytes.length;
      if (wantsAll || fragment.keyFrame) decoder.fragments += feed(decoder);
      if (heldBytes <= MAX_HELD_BYTES) return;
      letGo();
      isWaitingForKey = true;
    },
    onEnd() {},
    isHurried: () => attention.figures().isFullRate,
  });

  return {
    async stop() {
      isStopped = true;
      detach();
      retire();
      await Promise.all(ending);
    },
  };
}
