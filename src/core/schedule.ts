import type { Schedule } from "./site.ts";

const ISO_WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Whether `wallMs` falls into the schedule, in the site's own time zone. `from` > `to` runs over midnight. */
export function isWithin(schedule: Schedule, wallMs: number, timezone: string): boolean {
  const { weekday, minute } = localTime(wallMs, timezone);
  const { days, fromMinute, toMinute } = schedule;
  if (fromMinute < toMinute) return days.includes(weekday) && minute >= fromMinute && minute < toMinute;
  // The hours after midnight belong to the day on which the schedule began.
  const yesterday = weekday === 1 ? 7 : weekday - 1;
  return (days.includes(weekday) && minute >= fromMinute) || (days.includes(yesterday) && minute < toMinute);
}

/** The share of a week that falls into the schedule, 0 to 1. */
export function shareOfWeek({ days, fromMinute, toMinute }: Schedule): number {
  const minutes = fromMinute < toMinute ? toMinute - fromMinute : 1440 - fromMinute + toMinute;
  return (new Set(days).size * minutes) / (7 * 1440);
}

function localTime(wallMs: number, timezone: string): { weekday: number; minute: number } {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(wallMs);
  const part = (type: string): string => parts.find((candidate) => candidate.type === type)?.value ?? "";
  return {
    weekday: ISO_WEEKDAYS.indexOf(part("weekday")) + 1,
    minute: Number(part("hour")) * 60 + Number(part("minute")),
  };
}
