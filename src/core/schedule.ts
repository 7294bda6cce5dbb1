import type { Schedule, Season } from "./site.ts";

const ISO_WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** Whether `wallMs` falls into one of the schedule's windows, in the site's own time zone. */
export function isWithin(schedule: Schedule, wallMs: number, timezone: string): boolean {
  const local = localTime(wallMs, timezone);
  return isInWindow(schedule, local) || (schedule.also ?? []).some((window) => isInWindow(window, local));
}

/** Whether a minute of the day lies within two; `from` > `to` runs over midnight. */
export function isMinuteWithin(
  { fromMinute, toMinute }: Pick<Schedule, "fromMinute" | "toMinute">,
  wallMs: number,
  timezone: string,
): boolean {
  const { minute } = localTime(wallMs, timezone);
  if (fromMinute < toMinute) return minute >= fromMinute && minute < toMinute;
  return minute >= fromMinute || minute < toMinute;
}

/** Minutes since local midnight, 0 to 1439. */
export function minuteOfDay(wallMs: number, timezone: string): number {
  return localTime(wallMs, timezone).minute;
}

/** Minutes since local midnight before Monday, 0 to 10,079. */
export function minuteOfWeek(wallMs: number, timezone: string): number {
  const { today, minute } = localTime(wallMs, timezone);
  return (today.weekday - 1) * 1440 + minute;
}

/** The share of a week that falls into the schedule's first window at its time of the year, 0 to 1. */
export function shareOfWeek({ days, fromMinute, toMinute }: Schedule): number {
  const minutes = fromMinute < toMinute ? toMinute - fromMinute : 1440 - fromMinute + toMinute;
  return (new Set(days).size * minutes) / (7 * 1440);
}

interface Day {
  readonly weekday: number;
  /** Month times 100 plus day. */
  readonly date: number;
}

interface LocalTime {
  readonly minute: number;
  readonly today: Day;
  readonly yesterday: Day;
}

function isInWindow({ days, fromMinute, toMinute, season }: Schedule, local: LocalTime): boolean {
  const { minute, today, yesterday } = local;
  const isOn = ({ weekday, date }: Day): boolean => days.includes(weekday) && isInSeason(season, date);
  if (fromMinute < toMinute) return isOn(today) && minute >= fromMinute && minute < toMinute;
  // The hours after midnight belong to the day on which the window began.
  return (isOn(today) && minute >= fromMinute) || (isOn(yesterday) && minute < toMinute);
}

function isInSeason(season: Season | undefined, date: number): boolean {
  if (!season) return true;
  const { from, to } = season;
  return from <= to ? date >= from && date <= to : date >= from || date <= to;
}

function localTime(wallMs: number, timezone: string): LocalTime {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    weekday: "short",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(wallMs);
  const part = (type: string): string => parts.find((candidate) => candidate.type === type)?.value ?? "";
  const [month, day] = [Number(part("month")), Number(part("day"))];
  const before = new Date(Date.UTC(Number(part("year")), month - 1, day - 1));
  const weekday = ISO_WEEKDAYS.indexOf(part("weekday")) + 1;
  return {
    minute: Number(part("hour")) * 60 + Number(part("minute")),
    today: { weekday, date: month * 100 + day },
    yesterday: {
      weekday: weekday === 1 ? 7 : weekday - 1,
      date: (before.getUTCMonth() + 1) * 100 + before.getUTCDate(),
    },
  };
}
