import type { LessonHours, Teaching } from "../core/lesson.ts";
import { minuteOfDay } from "../core/schedule.ts";

/** So many false alarms have to agree before times of the day mean anything. */
const LEAST_TEACHINGS = 3;
/** They agree when all fall into so many minutes of the day. */
const LONGEST = 240;
/** The lesson holds so long before the earliest and after the latest of them. */
const MARGIN = 60;
const DAY = 1440;

/**
 * The times of day at which a lesson holds, where its false alarms agree on them; undefined: all day. More false alarms
 * make a lesson narrower, never wider than the first made it.
 */
export function hoursOf(taught: readonly Teaching[], timezone: string): LessonHours | undefined {
  if (taught.length < LEAST_TEACHINGS || taught.some(({ clock }) => clock !== "synced")) return undefined;
  const minutes = taught.map(({ atMs }) => minuteOfDay(atMs, timezone)).sort((a, b) => a - b);
  // The longest time without any lies between the last and the first of them, perhaps over midnight.
  const gaps = minutes.map((minute, index) => {
    const next = minutes[(index + 1) % minutes.length] ?? minute;
    return {
      last: minute,
      first: next,
      length: index + 1 < minutes.length ? next - minute : next + DAY - minute,
    };
  });
  const longest = gaps.reduce((one, other) => (other.length > one.length ? other : one));
  if (DAY - longest.length > LONGEST) return undefined;
  return {
    fromMinute: (longest.first - MARGIN + DAY) % DAY,
    toMinute: (longest.last + MARGIN) % DAY,
  };
}
