import { type Phrase, phrase } from "./phrase.ts";

/** Times of the village, in its own zone, whatever zone the looking computer is set to. */
export interface Times {
  /** 14:03:22 */
  clock(iso: string): string;
  /** 14:03 */
  short(iso: string): string;
  /** 14:03, or with the date when it is not of the day of `now`. */
  since(iso: string, now: string): Phrase;
  /** Today, yesterday or the date. */
  day(iso: string, now: string): Phrase;
  /** Equal for times of one day. */
  dayKey(iso: string): string;
  /** 0 (Sunday) to 6. */
  weekday(iso: string): number;
  date(iso: string): Phrase;
}

const DAY_MS = 86_400_000;

export function createTimes(timeZone: string): Times {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });

  function parts(iso: string) {
    const found = new Map(format.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]));
    const part = (type: Intl.DateTimeFormatPartTypes): string => found.get(type) ?? "";
    return {
      year: Number(part("year")),
      month: Number(part("month")),
      monthKey: `time.months.${Number(part("month")) - 1}`,
      day: Number(part("day")),
      short: `${part("hour")}:${part("minute")}`,
      clock: `${part("hour")}:${part("minute")}:${part("second")}`,
    };
  }

  function dayKey(iso: string): string {
    const { year, month, day } = parts(iso);
    return `${year}-${month}-${day}`;
  }

  function date(iso: string): Phrase {
    const { monthKey, day } = parts(iso);
    return phrase("time.date", { month: monthKey, day });
  }

  return {
    clock: (iso) => parts(iso).clock,
    short: (iso) => parts(iso).short,
    dayKey,
    date,
    since(iso, now) {
      const { monthKey, day, short } = parts(iso);
      if (dayKey(iso) === dayKey(now)) return phrase("time.plain", { time: short });
      return phrase("time.dateTime", { month: monthKey, day, time: short });
    },
    day(iso, now) {
      const key = dayKey(iso);
      if (key === dayKey(now)) return phrase("time.today");
      if (key === dayKey(new Date(Date.parse(now) - DAY_MS).toISOString())) return phrase("time.yesterday");
      return date(iso);
    },
    weekday(iso) {
      const { year, month, day } = parts(iso);
      return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
    },
  };
}

/** How long something has lasted, in the one unit that matters. */
export function lasting(fromIso: string, nowIso: string): Phrase {
  const minutes = Math.floor((Date.parse(nowIso) - Date.parse(fromIso)) / 60_000);
  if (minutes < 1) return phrase("time.now");
  if (minutes < 60) return phrase("time.minutes", { count: minutes });
  if (minutes < 48 * 60) return phrase("time.hours", { count: Math.floor(minutes / 60) });
  return phrase("time.days", { count: Math.floor(minutes / 1440) });
}
