import type { Schedule, Season } from "./site.ts";

/** Whether `wallMs` falls into one of the schedule's windows, in the site's own time zone. */
export function isWithin(schedule: Schedule, wallMs: number, timezone: string): boolean {
  const local = localTime(wallMs, timezone);
  return isInWindow(schedule, local) || (schedule.also ?? []).some((window) => isInWindow(window, local));
}

/** No season is further away. */
const LONGEST_WAIT_DAYS = 366;
const MINUTE_MS = 60_000;

/**
 * When one of the schedule's windows begins next, to the minute; undefined where none does within a year. Counts whole days of
 * 24 hours: where a clock is put forward in between it is an hour off.
 */
export function nextStart(schedule: Schedule, wallMs: number, timezone: string): number | undefined {
  const { minute, date } = localTime(wallMs, timezone);
  const windows = [schedule, ...(schedule.also ?? [])];
  for (let ahead = 0; ahead <= LONGEST_WAIT_DAYS; ahead++) {
    const day = dayOf(new Date(date.getTime() + ahead * 1440 * MINUTE_MS));
    const starts = windows
      .filter((window) => isOn(window, day) && (ahead > 0 || window.fromMinute > minute))
      .map(({ fromMinute }) => fromMinute);
    if (starts.length === 0) continue;
    const wait = ahead * 1440 + Math.min(...starts) - minute;
    return Math.floor(wallMs / MINUTE_MS) * MINUTE_MS + wait * MINUTE_MS;
  }
  return undefined;
}

/** Whether there is no time at which it does not hold. */
export function isAlways({ also = [], ...first }: Schedule): boolean {
  return [first, ...also].some(
    ({ days, fromMinute, toMinute, season }) =>
      season === undefined && new Set(days).size === 7 && (toMinute - fromMinute) % 1440 === 0,
  );
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
  /** Midnight of the day, as if it were of UTC: for counting days. */
  readonly date: Date;
  readonly today: Day;
  readonly yesterday: Day;
}

function isInWindow(window: Schedule, { minute, today, yesterday }: LocalTime): boolean {
  const { fromMinute, toMinute } = window;
  if (fromMinute < toMinute) return isOn(window, today) && minute >= fromMinute && minute < toMinute;
  // The hours after midnight belong to the day on which the window began.
  return (isOn(window, today) && minute >= fromMinute) || (isOn(window, yesterday) && minute < toMinute);
}

function isOn({ days, season }: Schedule, { weekday, date }: Day): boolean {
  return days.includes(weekday) && isInSeason(season, date);
}

function isInSeason(season: Season | undefined, date: number): boolean {
  if (!season) return true;
  const { from, to } = season;
  return from <= to ? date >= from && date <= to : date >= from || date <= to;
}

function localTime(wallMs: number, timezone: string): LocalTime {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).formatToParts(wallMs);
  const part = (type: string): string => parts.find((candidate) => candidate.type === type)?.value ?? "";
  const date = new Date(Date.UTC(Number(part("year")), Number(part("month")) - 1, Number(part("day"))));
  return {
    minute: Number(part("hour")) * 60 + Number(part("minute")),
    date,
    today: dayOf(date),
    yesterday: dayOf(new Date(date.getTime() - 1440 * MINUTE_MS)),
  };
}

function dayOf(date: Date): Day {
  return {
    // ISO: Sunday is the last.
    weekday: date.getUTCDay() || 7,
    date: (date.getUTCMonth() + 1) * 100 + date.getUTCDate(),
  };
}
