import type { DrillPlan } from "../core/drill.ts";
import { minuteOfWeek } from "../core/schedule.ts";

const MINUTE_MS = 60_000;
const WEEK_MINUTES = 7 * 1440;
const WEEK_MS = WEEK_MINUTES * MINUTE_MS;
const DAY_MS = 86_400_000;

type Weekly = NonNullable<DrillPlan["weekly"]>;

/** The last time at which the drill was to be held, at most a week before `wallMs`. */
export function lastDueMs(weekly: Weekly, wallMs: number, timezone: string): number {
  const aim = (weekly.weekday - 1) * 1440 + weekly.minute;
  const sinceMinutes = (minuteOfWeek(wallMs, timezone) - aim + WEEK_MINUTES) % WEEK_MINUTES;
  const dueMs = Math.floor(wallMs / MINUTE_MS) * MINUTE_MS - sinceMinutes * MINUTE_MS;
  // Where clocks were set between then and now.
  const off = aim - minuteOfWeek(dueMs, timezone);
  return Math.abs(off) <= 120 ? dueMs + off * MINUTE_MS : dueMs;
}

export function nextDueMs(weekly: Weekly, wallMs: number, timezone: string): number {
  const lastMs = lastDueMs(weekly, wallMs, timezone);
  // A day more and back, so that a set clock does not lead to the same one again.
  return lastDueMs(weekly, lastMs + WEEK_MS + DAY_MS, timezone);
}

/** The first time that was missed since the last drill; of a speaker that never had one, the last. */
export function overdueSinceMs(
  weekly: Weekly,
  heldMs: number | undefined,
  wallMs: number,
  timezone: string,
): number | undefined {
  const lastMs = lastDueMs(weekly, wallMs, timezone);
  if (heldMs === undefined) return lastMs;
  if (heldMs >= lastMs) return undefined;
  const firstMs = nextDueMs(weekly, heldMs, timezone);
  return Math.min(firstMs, lastMs);
}
