import type { Clock } from "../core/time.ts";

/** Who fetches a file in parts is recorded once in this time. */
const ONCE_MS = 600_000;
const MOST_REMEMBERED = 1_000;

/**
 * Does `work` once in ten minutes for each key, however many ask for it at the same time. Work that failed was not done: it is tried again,
 * and its error passed on.
 */
export type Once = (key: readonly unknown[], work: () => Promise<unknown>) => Promise<void>;

export function createOnce(clock: Clock): Once {
  const done = new Map<string, number>();
  const underway = new Map<string, Promise<unknown>>();
  return async (parts, work) => {
    const key = JSON.stringify(parts);
    const nowMs = clock.now().monotonicMs;
    if (nowMs - (done.get(key) ?? Number.NEGATIVE_INFINITY) < ONCE_MS) return;
    const same = underway.get(key);
    if (same) {
      await same;
      return;
    }
    const working = work().finally(() => underway.delete(key));
    underway.set(key, working);
    await working;
    done.delete(key);
    done.set(key, nowMs);
    const [oldest] = done.keys();
    if (done.size > MOST_REMEMBERED && oldest !== undefined) done.delete(oldest);
  };
}
