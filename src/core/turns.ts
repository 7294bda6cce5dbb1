/** Lets so many work at the same time; the others wait in the order in which they came. */
export interface Turns {
  take<T>(work: () => Promise<T>): Promise<T>;
  /** Promises the turn of whoever asks to the next one who waits; false where there is none who was not promised one already. */
  promise(): boolean;
}

export function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  let promised = 0;
  return {
    promise() {
      if (promised >= waiting.length) return false;
      promised++;
      return true;
    },
    async take(work) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
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
