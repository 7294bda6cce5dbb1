import type { Clock } from "../core/time.ts";

export interface Wake {
  ring(): void;
  /** Waits for a ring since the last wait, for `delayMs` to pass, or for `signal`; never rejects. */
  wait(delayMs: number, signal: AbortSignal): Promise<"rung" | "late" | "aborted">;
}

/** Lets one waiter sleep until somebody rings; a ring while nobody waits is kept. */
export function createWake(clock: Clock): Wake {
  let rung = false;
  let wakeUp: (() => void) | undefined;

  function sleep(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        signal.removeEventListener("abort", done);
        wakeUp = undefined;
        resolve();
      };
      const timer = clock.after(delayMs, done);
      signal.addEventListener("abort", done, { once: true });
      wakeUp = done;
    });
  }

  return {
    ring() {
      rung = true;
      wakeUp?.();
    },
    async wait(delayMs, signal) {
      if (!rung && !signal.aborted) await sleep(delayMs, signal);
      if (signal.aborted) return "aborted";
      if (!rung) return "late";
      rung = false;
      return "rung";
    },
  };
}
