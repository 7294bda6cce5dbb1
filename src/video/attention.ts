import type { AnalysisFigures } from "../core/analysis.ts";
import type { Logger } from "../core/log.ts";
import type { Clock } from "../core/time.ts";

/** After the last movement every frame is still looked at for this long. */
const QUIET_MS = 5000;
/** Key frames this far apart, and some jitter, still let a rule act within a second. */
const SECOND_KEY_MS = 850;
/** Where no rule needs the second. Longer, and a camera that hangs would be noticed late. */
const LONGEST_KEY_MS = 4000;

/** Whether every frame of a camera is looked at now, or key frames only. */
export interface Attention {
  /** Something moves, or may: every frame is wanted for the next seconds. */
  stir(): void;
  /** To be asked with each frame. @param sinceKeyMs from the last key frame to this one, by the stream's own time. */
  wantsFrame(sinceKeyMs: number): boolean;
  /** @param intervalMs from the key frame before to this one, by the stream's own time. */
  onKeyFrame(intervalMs: number): void;
  /** A session begins: the place may look different, and the intervals may be others. */
  restart(): void;
  /** As of the last frame. */
  figures(): Pick<AnalysisFigures, "isFullRate" | "keyFrameSeconds">;
}

export interface AttentionDependencies {
  readonly clock: Clock;
  readonly log: Logger;
}

/** @param needsSecond a rule must act within a second of what this camera sees. */
export function createAttention(
  { clock, log }: AttentionDependencies,
  camera: string,
  needsSecond: boolean,
): Attention {
  const limitMs = needsSecond ? SECOND_KEY_MS : LONGEST_KEY_MS;
  let awakeUntilMs = 0;
  let keyFrameMs: number | undefined;
  let isFull = true;
  let isSaid = false;

  const stir = (): void => {
    awakeUntilMs = clock.now().monotonicMs + QUIET_MS;
  };
  return {
    stir,
    wantsFrame(sinceKeyMs) {
      // A stream that keeps its key frames back, or has not shown two, is watched by all its frames.
      const areKeysEnough = keyFrameMs !== undefined && keyFrameMs <= limitMs && sinceKeyMs <= limitMs;
      isFull = !areKeysEnough || clock.now().monotonicMs < awakeUntilMs;
      return isFull;
    },
    onKeyFrame(intervalMs) {
      keyFrameMs = intervalMs;
      if (intervalMs <= limitMs || isSaid) return;
      isSaid = true;
      log.warn(
        { camera, keyFrameMs: Math.round(intervalMs), limitMs },
        "key frames are too far apart: every frame is decoded; let the camera send one every 0.8 s",
      );
    },
    restart() {
      keyFrameMs = undefined;
      stir();
    },
    figures: () => ({
      isFullRate: isFull,
      keyFrameSeconds: keyFrameMs === undefined ? undefined : keyFrameMs / 1000,
    }),
  };
}
