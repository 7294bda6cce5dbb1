import type { Clock } from "../core/time.ts";

/** Wakes one waiter; a ring while nobody waits is kept for the next wait. */
export interface Bell {
  ring(): void;
  /** Resolves when rung, after `atMostMs`, or when `signal` aborts: never rejects. */
  wait(atMostMs: number, signal: AbortSignal): Promise<void>;
}

export function createBell(clock: Clock): Bell {
  let rung = false;
  let wake: (() => void) | undefined;

  return {
    ring() {
      rung = true;
      wake?.();
    },
    wait: (atMostMs, signal) =>
      new Promise((resolve) => {
        const done = (): void => {
          timer.cancel();
          signal.removeEventListener("abort", done);
          wake = undefined;
          rung = false;
          resolve();
        };
        const timer = clock.after(atMostMs, done);
        wake = done;
        signal.addEventListener("abort", done, { once: true });
        if (rung || signal.aborted) done();
      }),
  };
}
