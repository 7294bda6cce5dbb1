import type { Clock } from "../core/time.ts";

const MOST_REMEMBERED = 1_000;

/** What was done lately, so that who goes on with it is not recorded with every request. */
export interface Recently<T> {
  /** Undefined when it was never done, or too long ago. */
  last(key: string): T | undefined;
  note(key: string, what: T): void;
}

/** @param forMs how long something counts as done lately. */
export function createRecently<T>(clock: Clock, forMs: number): Recently<T> {
  const done = new Map<string, { readonly atMs: number; readonly what: T }>();
  return {
    last(key) {
      const found = done.get(key);
      return found && clock.now().monotonicMs - found.atMs < forMs ? found.what : undefined;
    },
    note(key, what) {
      done.delete(key);
      done.set(key, { atMs: clock.now().monotonicMs, what });
      const [oldest] = done.keys();
      if (done.size > MOST_REMEMBERED && oldest !== undefined) done.delete(oldest);
    },
  };
}
