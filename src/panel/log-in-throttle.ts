import type { LockStore, StoredLock } from "../core/accounts.ts";
import { errorCode, errorMessage } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { type Clock, isoTime } from "../core/time.ts";

const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 2_000;
/** An address that keeps guessing waits up to a quarter of an hour. */
const ADDRESS_CAP_MS = 15 * 60_000;
/** An account waits less: whoever guesses from elsewhere must not lock the village out. */
const ACCOUNT_CAP_MS = 30_000;
const FORGET_MS = 60 * 60_000;
const MOST_ENTRIES = 10_000;

type Kind = StoredLock["kind"];
/** `place`: one account from one network; in memory only, and nobody waits for it alone. */
type Counted = Kind | "place";

interface Failures {
  count: number;
  /** Monotonic: no jump of the clock shortens or prolongs a wait. */
  lastMs: number;
  /** When the one before was. */
  previousMs: number;
  at: string;
  /** On disk, and to be listed. What is typed as a name and is none may be somebody's password: it is neither. */
  kept: boolean;
}

/** What an administrator sees. */
export interface Lock extends StoredLock {
  /** Until the next attempt is taken; 0 when one would be taken now. */
  readonly waitMs: number;
}

export interface LogInThrottle {
  /** Reads what was locked before the restart. How long the box was off is not known: each wait begins anew. */
  load(): Promise<void>;
  /**
   * Counts an attempt as failed in advance, so that many at once cannot slip through. From a network where the account
   * was logged in before, what strangers did to the account does not count: they cannot keep its people out.
   * @returns 0 when it may go on, otherwise the milliseconds to wait; a refused attempt does not count.
   */
  begin(address: string, username: string, isKnownPlace?: boolean): number;
  /** Writes down what `begin` counted, once it is worth a write. @returns what is locked by it that was not before. */
  failed(address: string, username: string, isAccount: boolean): Promise<readonly Kind[]>;
  /**
   * Takes back what this account's attempts from this address counted. Guesses at other accounts stay: one's own log-in
   * must not pay for them.
   */
  succeeded(address: string, username: string): Promise<void>;
  list(): Lock[];
  /** False when there was none. */
  lift(kind: Kind, subject: string): Promise<boolean>;
}

/** Slows down guessing of passwords, by address and by account; survives a restart. */
export function createLogInThrottle(options: { clock: Clock; locks: LockStore; log: Logger }): LogInThrottle {
  const { clock, locks, log } = options;
  const failures = new Map<string, Failures>();

  function waitMs(kind: Kind, subject: string, nowMs: number): number {
    const entry = failures.get(keyOf(kind, subject));
    if (!entry || entry.count < FREE_FAILURES) return 0;
    if (nowMs - entry.lastMs > FORGET_MS) return 0;
    const capMs = kind === "address" ? ADDRESS_CAP_MS : ACCOUNT_CAP_MS;
    const pauseMs = Math.min(capMs, FIRST_WAIT_MS * 2 ** Math.min(20, entry.count - FREE_FAILURES));
    return Math.max(0, entry.lastMs + pauseMs - nowMs);
  }

  function count(kind: Counted, subject: string): void {
    const { monotonicMs, wallMs } = clock.now();
    const key = keyOf(kind, subject);
    const entry = failures.get(key);
    const forgotten = !entry || monotonicMs - entry.lastMs > FORGET_MS;
    // Inserting anew keeps the map in order of the last failure: the first key is the oldest.
    failures.delete(key);
    failures.set(key, {
      count: forgotten ? 1 : entry.count + 1,
      lastMs: monotonicMs,
      previousMs: entry?.lastMs ?? monotonicMs,
      at: isoTime(wallMs),
      kept: entry?.kept ?? false,
    });
    const oldest = failures.keys().next().value;
    if (failures.size > MOST_ENTRIES && oldest !== undefined) failures.delete(oldest);
  }

  /** Below a lock it is not worth a write: strangers must not wear the memory card out by typing nonsense. */
  async function keep(kind: Kind, subject: string): Promise<boolean> {
    const entry = failures.get(keyOf(kind, subject));
    if (!entry || entry.count < FREE_FAILURES) return false;
    entry.kept = true;
    await write(() => locks.save({ kind, subject, failures: entry.count, at: entry.at }));
    return entry.count === FREE_FAILURES;
  }

  /** The address as if these attempts had not been. */
  async function takeBack(network: string, attempts: number): Promise<void> {
    const entry = failures.get(keyOf("address", network));
    if (!entry) return;
    entry.count -= attempts;
    entry.lastMs = entry.previousMs;
    if (entry.count <= 0) await drop("address", network);
    else if (entry.count >= FREE_FAILURES && entry.kept) await keep("address", network);
    else if (entry.kept) {
      entry.kept = false;
      await write(() => locks.remove("address", network));
    }
  }

  async function drop(kind: Kind, subject: string): Promise<boolean> {
    const entry = failures.get(keyOf(kind, subject));
    failures.delete(keyOf(kind, subject));
    if (entry?.kept) await write(() => locks.remove(kind, subject));
    return entry !== undefined;
  }

  /** On a full disk the locks hold in memory, and people get in all the same. */
  async function write(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      log.error({ code: errorCode(error), error: errorMessage(error) }, "A lock was not written");
    }
  }

  return {
    async load() {
      const { monotonicMs } = clock.now();
      for (const { kind, subject, failures: number, at } of await locks.list()) {
        failures.set(keyOf(kind, subject), {
          count: number,
          lastMs: monotonicMs,
          previousMs: monotonicMs,
          at,
          kept: true,
        });
      }
    },
    begin(address, username, isKnownPlace = false) {
      const nowMs = clock.now().monotonicMs;
      const network = networkOf(address);
      const wait = Math.max(
        waitMs("address", network, nowMs),
        isKnownPlace ? 0 : waitMs("account", username, nowMs),
      );
      if (wait > 0) return wait;
      count("address", network);
      count("place", placeOf(network, username));
      // Its own people's slips are counted by their address.
      if (!isKnownPlace) count("account", username);
      return 0;
    },
    async failed(address, username, isAccount) {
      const locked: Kind[] = [];
      if (await keep("address", networkOf(address))) locked.push("address");
      if (isAccount && (await keep("account", username))) locked.push("account");
      return locked;
    },
    async succeeded(address, username) {
      const network = networkOf(address);
      const place = keyOf("place", placeOf(network, username));
      const attempts = failures.get(place)?.count ?? 1;
      failures.delete(place);
      await takeBack(network, attempts);
      await drop("account", username);
    },
    list() {
      const nowMs = clock.now().monotonicMs;
      return [...failures]
        .filter(([, { kept, count: number, lastMs }]) => {
          return kept && number >= FREE_FAILURES && nowMs - lastMs <= FORGET_MS;
        })
        .map(([key, { count: number, at }]) => {
          const kind: Kind = key.startsWith("address ") ? "address" : "account";
          const subject = key.slice(kind.length + 1);
          return { kind, subject, failures: number, at, waitMs: waitMs(kind, subject, nowMs) };
        })
        .reverse();
    },
    lift: drop,
  };
}

function placeOf(network: string, username: string): string {
  return `${network} ${username}`;
}

function keyOf(kind: Counted, subject: string): string {
  return `${kind} ${subject}`;
}

/** One subscriber owns a whole IPv6 /64, so that is what counts as one address. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:/i, "").replace(/%.*$/, "");
  if (!plain.includes(":") || plain === "::1") return plain;
  const [head = "", tail] = plain.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail ? tail.split(":") : [];
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: zeros }, () => "0"), ...after];
  return `${groups.slice(0, 4).join(":")}::/64`;
}
