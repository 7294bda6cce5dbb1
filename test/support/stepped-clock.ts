import { type Clock, sleepOn } from "../../src/core/time.ts";

export interface SteppedClock extends Clock {
  /** Lets `ms` pass on both clocks and runs what came due, in order. */
  step(ms: number): void;
  /** Sets the wall clock, as the network does; monotonic time goes on as it was. */
  set(wallMs: number): void;
}

/** A clock that stands still until it is told to go on. */
export function createSteppedClock(startWallMs = Date.parse("2026-07-01T06:00:00Z")): SteppedClock {
  let passedMs = 0;
  let beganMs = startWallMs;
  const timers = new Set<{ dueMs: number; run: () => void }>();
  const after: Clock["after"] = (delayMs, run) => {
    const timer = { dueMs: passedMs + delayMs, run };
    timers.add(timer);
    return { cancel: () => timers.delete(timer) };
  };
  return {
    now: () => ({ wallMs: beganMs + passedMs, monotonicMs: passedMs }),
    after,
    sleep: (delayMs, signal) => sleepOn(after, delayMs, signal),
    set(wallMs) {
      beganMs = wallMs - passedMs;
    },
    step(ms) {
      const endMs = passedMs + ms;
      for (;;) {
        const [next] = [...timers].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs);
        if (!next) break;
        timers.delete(next);
        passedMs = Math.max(passedMs, next.dueMs);
        next.run();
      }
      passedMs = endMs;
    },
  };
}
