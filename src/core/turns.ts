/** Lets so many work at the same time; the others wait in the order in which they came. */
export interface Turns {
  /**
   * @param signal of whoever waits: he is let go at once.
   * @throws the reason of `signal` (AbortError) where it aborts before his turn.
   */
  take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Promises the turn of whoever asks to the next one who waits; false where there is none who was not promised one already. */
  promise(): boolean;
}

export function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  let promised = 0;

  function ownTurn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        waiting.splice(waiting.indexOf(begin), 1);
        promised = Math.min(promised, waiting.length);
        reject(signal?.reason);
      };
      waiting.push(begin);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  return {
    promise() {
      if (promised >= waiting.length) return false;
      promised++;
      return true;
    },
    async take(work, signal) {
      signal?.throwIfAborted();
      if (free > 0) free--;
      else await ownTurn(signal);
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        promised = Math.max(0, promised - 1);
        if (next) next();
        else free++;
      }
    },
  };
}
