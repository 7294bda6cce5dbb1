import { startOfDay } from "../../../core/local-day.ts";

// Dates and times as the browser's own fields write them, on the village's clock, whatever zone the looking computer is set to.

const DAY_MS = 86_400_000;
const NOON_MS = DAY_MS / 2;
const EVENING_HOUR = 18;

/** `2026-07-01T18:00` as a field of the type `datetime-local` has it. */
export function wallTime(ms: number, timezone: string): string {
  return new Date(ms + zoneOffsetMs(ms, timezone)).toISOString().slice(0, 16);
}

/** `2026-07-01` as a field of the type `date` has it. */
export function wallDay(ms: number, timezone: string): string {
  return wallTime(ms, timezone).slice(0, 10);
}

/** When the village's clock showed this; undefined for what is no time. */
export function timeOfWall(text: string, timezone: string): number | undefined {
  const asUtcMs = Date.parse(`${text}Z`);
  if (Number.isNaN(asUtcMs)) return undefined;
  // On a day on which the clocks are changed the first guess may have the offset of its other side.
  const guessMs = asUtcMs - zoneOffsetMs(asUtcMs, timezone);
  return asUtcMs - zoneOffsetMs(guessMs, timezone);
}

/** A day of the village from midnight to midnight; undefined for what is no date. */
export function spanOfDay(day: string, timezone: string): { fromMs: number; toMs: number } | undefined {
  const noonMs = timeOfWall(`${day}T12:00`, timezone);
  if (noonMs === undefined) return undefined;
  const fromMs = startOfDay(noonMs, timezone);
  return { fromMs, toMs: startOfDay(fromMs + DAY_MS + NOON_MS, timezone) };
}

/** The nearest day from `first` to `last`. */
export function dayWithin(day: string, first: string, last: string): string {
  if (day < first) return first;
  return day > last ? last : day;
}

/** Six in the evening of the day before. */
export function lastEvening(nowMs: number, timezone: string): number {
  const yesterday = wallDay(startOfDay(nowMs, timezone) - NOON_MS, timezone);
  return timeOfWall(`${yesterday}T${EVENING_HOUR}:00`, timezone) ?? nowMs - DAY_MS;
}

/** The village's clock is so far ahead of UTC then. */
export function zoneOffsetMs(ms: number, timezone: string): number {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  const wallMs = Date.UTC(
    part("year"),
    part("month") - 1,
    part("day"),
    part("hour"),
    part("minute"),
    part("second"),
  );
  return wallMs - Math.floor(ms / 1000) * 1000;
}
