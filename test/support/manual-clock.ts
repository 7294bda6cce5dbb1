import { type Clock, sleepOn } from "../../src/core/time.ts";

export interface ManualClock extends Clock {
  /** Lets `ms` pass; timers fire in order, and what waits for promises goes on between them. */
  advance(ms: number): Promise<void>;
  /** Lets everything go on that waits for promises only. */
  settle(): Promise<void>;
  /** Timers that have neither fired nor been cancelled. */
  pending(): number;
  /** Sets the wall clock, as the network does; monotonic time goes on as it was. */
  set(wallMs: number): void;
}

/** A clock for tests of code that waits on promises between its timers. */
export function createManualClock(startWallMs = Date.parse("2026-07-01T06:00:00Z")): ManualClock {
  let nowMs = 0;
  let beganMs = startWallMs;
  const timers = new Set<{ readonly dueMs: number; readonly run: () => void }>();

  const after: Clock["after"] = (delayMs, run) => {
    const timer = { dueMs: nowMs + delayMs, run };
    timers.add(timer);
    return { cancel: () => timers.delete(timer) };
  };

  // An immediate comes after every microtask, however long their chain.
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  return {
    now: () => ({ wallMs: beganMs + nowMs, monotonicMs: nowMs }),
    after,
    sleep: (delayMs, signal) => sleepOn(after, delayMs, signal),
    pending: () => timers.size,
    settle,
    set(wallMs) {
      beganMs = wallMs - nowMs;
    },
    async advance(ms) {
      const endMs = nowMs + ms;
      await settle();
      for (;;) {
        let next: { readonly dueMs: number; readonly run: () => void } | undefined;
        for (const timer of timers) if (!next || timer.dueMs < next.dueMs) next = timer;
        if (!next || next.dueMs > endMs) break;
        timers.delete(next);
        nowMs = Math.max(nowMs, next.dueMs);
        next.run();
        await settle();
      }
      nowMs = endMs;
    },
  };
}
