import { startOfDay } from "../../core/local-day.ts";

const DAY_MS = 86_400_000;

/** A month of a village: when each of its days began, and when the last one ended; ms since the Unix epoch. */
export interface MonthSpan {
  readonly month: string;
  readonly dayStartsMs: readonly number[];
  readonly untilMs: number;
}

/** @param month `2026-11` @param timezone IANA name. */
export function monthSpan(month: string, timezone: string): MonthSpan {
  const [year = 0, number = 0] = month.split("-").map(Number);
  const days = new Date(Date.UTC(year, number, 0)).getUTCDate();
  // No zone is 14 hours from Greenwich at its own noon of another date, but for a few islands: noon of Greenwich, moved by what
  // the zone makes of it, is the same date there.
  const starts = Array.from({ length: days + 1 }, (_, index) =>
    startOfLocalDay(Date.UTC(year, number - 1, index + 1), timezone),
  );
  return { month, dayStartsMs: starts.slice(0, -1), untilMs: starts.at(-1) ?? 0 };
}

/** When the day began in the zone that UTC calls so at `utcMidnightMs`. */
function startOfLocalDay(utcMidnightMs: number, timezone: string): number {
  const date = new Intl.DateTimeFormat("sv-SE", { timeZone: timezone, dateStyle: "short" });
  const wanted = new Date(utcMidnightMs).toISOString().slice(0, 10);
  const noonMs = utcMidnightMs + DAY_MS / 2;
  const there = date.format(noonMs);
  const shiftMs = there === wanted ? 0 : there < wanted ? DAY_MS / 2 : -DAY_MS / 2;
  return startOfDay(noonMs + shiftMs, timezone);
}

/** From 0; undefined outside the month. */
export function dayOf({ dayStartsMs, untilMs }: MonthSpan, atMs: number): number | undefined {
  if (atMs >= untilMs) return undefined;
  const day = dayStartsMs.findLastIndex((startMs) => startMs <= atMs);
  return day < 0 ? undefined : day;
}
