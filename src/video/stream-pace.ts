/** A step of the stream's time that exceeds the clock's by more than this is a jump, in ms. */
const MAX_LEAD_MS = 10_000;
/** A stretch over which the stream's time is compared with the clock: as long as this and of so many frames. */
const STRETCH_MS = 2500;
const STRETCH_FRAMES = 3;
/** Below this share of the clock's pace a stretch counts as standing still. */
const MIN_PACE = 0.25;
/** After a break in the network one stretch may lack what the next one brings. */
const STRETCHES = 2;

/**
 * Watches whether a stream's decode times move on in step with the clock. ffmpeg says nothing when a camera's
 * timestamps jump: after a jump back it stamps each frame one tick later than the last, after a jump ahead it leaves
 * a hole of that length.
 * @returns a function to tell each fragment's time, in ms since any start; it gives `video.time_jump`,
 * `video.time_stuck`, or undefined while all is well.
 */
export function createPaceWatch(): (decodeMs: number, nowMs: number) => string | undefined {
  let last: { decodeMs: number; nowMs: number } | undefined;
  let stretch = { decodeMs: 0, nowMs: 0, frames: 0 };
  let still = 0;

  return (decodeMs, nowMs) => {
    const before = last;
    last = { decodeMs, nowMs };
    if (!before) {
      stretch = { decodeMs, nowMs, frames: 0 };
      return undefined;
    }
    const step = decodeMs - before.decodeMs;
    if (step < 0 || step - (nowMs - before.nowMs) > MAX_LEAD_MS) return "video.time_jump";
    stretch.frames++;
    const passedMs = nowMs - stretch.nowMs;
    if (passedMs < STRETCH_MS || stretch.frames < STRETCH_FRAMES) return undefined;
    still = decodeMs - stretch.decodeMs < passedMs * MIN_PACE ? still + 1 : 0;
    stretch = { decodeMs, nowMs, frames: 0 };
    return still >= STRETCHES ? "video.time_stuck" : undefined;
  };
}
