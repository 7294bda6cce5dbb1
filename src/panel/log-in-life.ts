import type { Permission } from "../core/access.ts";
import type { StoredSession } from "../core/accounts.ts";
import { isoTime } from "../core/time.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** A log-in ends when nothing has been asked with it for this long, and no page with it has been open. */
export const IDLE_MS = 12 * HOUR_MS;
/** And after this, however much it is used: a cookie that somebody stole does not live for ever. */
export const LONGEST_MS = 30 * DAY_MS;
/** The same for who may change how the box is set up, or who gets in. */
export const LONGEST_DANGEROUS_MS = 7 * DAY_MS;
/** So old a password may be for what is dangerous. */
export const FRESH_MS = 12 * HOUR_MS;
/** So far a clock may have been set back since the log-in: corrections are small, a clock that was years ahead is not. */
const MOST_BACK_MS = HOUR_MS;

const DANGEROUS: ReadonlySet<Permission | "log-in"> = new Set<Permission>(["set-up", "accounts"]);

export function isDangerous(need: Permission | "log-in"): boolean {
  return DANGEROUS.has(need);
}

/** When a log-in ends, wall time in ms: `endsMs` whatever is done with it, `expiresMs` if it is not used again. */
export interface Life {
  readonly expiresMs: number;
  readonly endsMs: number;
  /** Whether its password is young enough for what is dangerous. */
  readonly isFresh: boolean;
}

/** Of a log-in that is used now. */
export function lifeFrom(openedMs: number, permissions: ReadonlySet<Permission>, nowMs: number): Life {
  const isDangerousOne = [...permissions].some(isDangerous);
  const endsMs = openedMs + (isDangerousOne ? LONGEST_DANGEROUS_MS : LONGEST_MS);
  return {
    expiresMs: Math.min(nowMs + IDLE_MS, endsMs),
    endsMs,
    isFresh: Math.abs(nowMs - openedMs) < FRESH_MS,
  };
}

/** Of a log-in as it is kept, that is used now; undefined when it has ended. */
export function lifeOf(
  { openedAt, expiresAt }: Pick<StoredSession, "openedAt" | "expiresAt">,
  permissions: ReadonlySet<Permission>,
  nowMs: number,
): Life | undefined {
  const openedMs = Date.parse(openedAt);
  const life = lifeFrom(openedMs, permissions, nowMs);
  const isOver = Date.parse(expiresAt) <= nowMs || life.endsMs <= nowMs;
  // A clock that was set back must not give a log-in years.
  return isOver || openedMs - nowMs > MOST_BACK_MS ? undefined : life;
}

export function timesOf({ expiresMs, endsMs }: Life): {
  readonly expiresAt: string;
  readonly endsAt: string;
} {
  return { expiresAt: isoTime(expiresMs), endsAt: isoTime(endsMs) };
}
