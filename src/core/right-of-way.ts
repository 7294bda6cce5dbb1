import { createSignal } from "./signals.ts";
import type { Clock, Timer } from "./time.ts";

/** One who is not heard after this may be waiting for his turn, and not for the box. */
const LONGEST_MS = 5000;
/** What is given away is saved up before, as long as it took: in the long run no more than half of the time. */
const MOST_SAVED_MS = 10_000;

/** While somebody is about to be heard by a horn, work that can wait does: two small cores make nothing else slower than a sound. */
export interface RightOfWay {
  /** Somebody is about to be heard. @returns how to say that he is, or never will be. */
  take(): () => void;
  /** Whether what can wait should. */
  isTaken(): boolean;
  /** Calls when it should no longer. Returns how to stop. */
  onFree(listener: () => void): () => void;
}

/** Resolves when nobody is about to be heard, or `signal` aborts. */
export function untilFree(way: Pick<RightOfWay, "isTaken" | "onFree">, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stop();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const stop = way.onFree(done);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted || !way.isTaken()) done();
  });
}

export function createRightOfWay(clock: Clock): RightOfWay {
  const freed = createSignal<void>();
  const takers = new Map<symbol, Timer>();
  let savedMs = MOST_SAVED_MS;
  /** When it was taken or became free. */
  let sinceMs = clock.now().monotonicMs;
  let spent: Timer | undefined;

  function sincePassedMs(): number {
    const { monotonicMs } = clock.now();
    const passedMs = monotonicMs - sinceMs;
    sinceMs = monotonicMs;
    return passedMs;
  }

  function begin(): void {
    savedMs = Math.min(MOST_SAVED_MS, savedMs + sincePassedMs());
    spent = clock.after(Math.max(0, savedMs), end);
  }

  function end(): void {
    spent?.cancel();
    for (const limit of takers.values()) limit.cancel();
    takers.clear();
    savedMs = Math.max(0, savedMs - sincePassedMs());
    freed.emit();
  }

  function leave(taker: symbol): void {
    const limit = takers.get(taker);
    if (!limit) return;
    limit.cancel();
    if (takers.size === 1) end();
    else takers.delete(taker);
  }

  return {
    take() {
      if (takers.size === 0) begin();
      const taker = Symbol();
      takers.set(
        taker,
        clock.after(LONGEST_MS, () => leave(taker)),
      );
      return () => leave(taker);
    },
    isTaken: () => takers.size > 0,
    onFree: freed.on,
  };
}
