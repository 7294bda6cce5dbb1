import type { MediaChild } from "../core/media.ts";
import type { Clock } from "../core/time.ts";
import type { StreamReader } from "./fragment-hub.ts";
import type { Fragment, InitSegment } from "./fragmented-mp4.ts";

/** A transcoder further behind than this gets nothing more until it has caught up, and then a key frame. */
const MOST_BEHIND_MS = 1500;
/** One that has taken nothing for this long is ended, and the next key frame starts another. */
const HUNG_MS = 10_000;
/** Sound and pictures may come in turns that are not quite in order; further back is a jump. */
const MOST_BACK_SECONDS = 0.5;
/** Time stamps that jump further than this would be filled with copies of one picture, an hour with 90 000. */
const MOST_GAP_SECONDS = 5;
/** ffmpeg's MP4 reader remembers every fragment: after so many the next key frame goes to a fresh process. */
const MOST_FRAGMENTS = 50_000;

export interface TranscoderFeedEvents {
  /** A fresh process takes over; called before its first output. */
  onChild(child: MediaChild): void;
  /** It ended by itself. */
  onFailure(reason: string, ranMs: number): void;
}

export interface TranscoderFeed extends StreamReader {
  /** Resolves when its last process is gone. */
  stop(): Promise<void>;
}

/** Feeds a stream to a transcoding process from a key frame on, and starts a fresh one where the stream begins anew. */
export function createTranscoderFeed(
  clock: Clock,
  startChild: () => MediaChild,
  events: TranscoderFeedEvents,
): TranscoderFeed {
  const ending = new Set<Promise<void>>();
  let init: InitSegment | undefined;
  let child: MediaChild | undefined;
  let fragments = 0;
  let decodeTime = 0;
  let behindSinceMs: number | undefined;
  let needsKey = true;

  function begin({ bytes }: InitSegment): MediaChild {
    const begun = startChild();
    const startedMs = clock.now().monotonicMs;
    child = begun;
    begun.stdin.on("drain", () => {
      if (child === begun) behindSinceMs = undefined;
    });
    void begun.ended.then(({ reason }) => {
      if (child !== begun) return;
      forget();
      events.onFailure(reason, clock.now().monotonicMs - startedMs);
    });
    events.onChild(begun);
    begun.stdin.write(bytes);
    return begun;
  }

  function forget(): void {
    child = undefined;
    fragments = 0;
    behindSinceMs = undefined;
    needsKey = true;
  }

  function retire(): void {
    const retired = child;
    forget();
    if (!retired) return;
    const stopping = retired.stop();
    ending.add(stopping);
    void stopping.finally(() => ending.delete(stopping));
  }

  function mustBeginAnew({ decodeTime: next, keyFrame }: Fragment, { timescale }: InitSegment): boolean {
    if (fragments === 0) return false;
    const gapSeconds = (next - decodeTime) / timescale;
    return (
      gapSeconds < -MOST_BACK_SECONDS ||
      gapSeconds > MOST_GAP_SECONDS ||
      (keyFrame && fragments >= MOST_FRAGMENTS)
    );
  }

  return {
    onInit(next) {
      init = next;
      retire();
    },
    onFragment(fragment) {
      if (!init) return;
      const nowMs = clock.now().monotonicMs;
      const behindMs = behindSinceMs === undefined ? 0 : nowMs - behindSinceMs;
      if (behindMs > HUNG_MS || mustBeginAnew(fragment, init)) retire();
      else if (behindMs > MOST_BEHIND_MS) needsKey = true;
      if (needsKey && (!fragment.keyFrame || behindSinceMs !== undefined)) return;
      const fed = child ?? begin(init);
      needsKey = false;
      if (!fed.stdin.writable) return;
      fragments++;
      decodeTime = fragment.decodeTime;
      if (!fed.stdin.write(fragment.bytes)) behindSinceMs ??= nowMs;
    },
    onEnd() {
      retire();
    },
    async stop() {
      init = undefined;
      retire();
      await Promise.all(ending);
    },
  };
}
