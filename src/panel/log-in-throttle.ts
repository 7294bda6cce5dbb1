import type { Clock } from "../core/time.ts";

const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 2_000;
/** An address that keeps guessing waits up to a quarter of an hour. */
const ADDRESS_CAP_MS = 15 * 60_000;
/** An account waits less: whoever guesses from elsewhere must not lock the village out. */
const ACCOUNT_CAP_MS = 30_000;
const FORGET_MS = 60 * 60_000;
const MOST_ENTRIES = 10_000;

interface Failures {
  count: number;
  lastMs: number;
}

export interface LogInThrottle {
  /**
   * Counts an attempt as failed in advance, so that many at once cannot slip through.
   * @returns 0 when it may go on, otherwise the milliseconds to wait; a refused attempt does not count.
   */
  begin(address: string, username: string): number;
  succeeded(address: string, username: string): void;
}

/** Slows down guessing of passwords, by address and by account; in memory. */
export function createLogInThrottle(clock: Clock): LogInThrottle {
  const failures = new Map<string, Failures>();

  function waitMs(key: string, capMs: number, nowMs: number): number {
    const entry = failures.get(key);
    if (!entry || entry.count < FREE_FAILURES) return 0;
    if (nowMs - entry.lastMs > FORGET_MS) return 0;
    const pauseMs = Math.min(capMs, FIRST_WAIT_MS * 2 ** Math.min(20, entry.count - FREE_FAILURES));
    return Math.max(0, entry.lastMs + pauseMs - nowMs);
  }

  function count(key: string, nowMs: number): void {
    const entry = failures.get(key);
    const forgotten = !entry || nowMs - entry.lastMs > FORGET_MS;
    // Inserting anew keeps the map in order of the last failure: the first key is the oldest.
    failures.delete(key);
    failures.set(key, { count: forgotten ? 1 : entry.count + 1, lastMs: nowMs });
    const oldest = failures.keys().next().value;
    if (failures.size > MOST_ENTRIES && oldest !== undefined) failures.delete(oldest);
  }

  return {
    begin(address, username) {
      const nowMs = clock.now().monotonicMs;
      const addressKey = `address ${networkOf(address)}`;
      const accountKey = `account ${username}`;
      const wait = Math.max(
        waitMs(addressKey, ADDRESS_CAP_MS, nowMs),
        waitMs(accountKey, ACCOUNT_CAP_MS, nowMs),
      );
      if (wait > 0) return wait;
      count(addressKey, nowMs);
      count(accountKey, nowMs);
      return 0;
    },
    succeeded(address, username) {
      failures.delete(`address ${networkOf(address)}`);
      failures.delete(`account ${username}`);
    },
  };
}

/** One subscriber owns a whole IPv6 /64, so that is what counts as one address. */
function networkOf(address: string): string {
  if (!address.includes(":") || address.startsWith("::ffff:")) return address;
  return address.split(":").slice(0, 4).join(":");
}
