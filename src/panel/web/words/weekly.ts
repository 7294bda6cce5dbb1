import { type Phrase, phrase } from "./phrase.ts";

// Weeks as people say them: days, times of the day, seasons.

export const EVERY_DAY: readonly number[] = [1, 2, 3, 4, 5, 6, 7];
export const WORKDAYS: readonly number[] = [1, 2, 3, 4, 5];
export const WEEKEND: readonly number[] = [6, 7];

export function sameDays(some: readonly number[], others: readonly number[]): boolean {
  return some.length === others.length && some.every((day) => others.includes(day));
}

/** ISO weekdays in words; `dayName` says one of them. */
export function daysPhrase(
  days: readonly number[],
  dayName: (isoDay: number) => string,
  join: string,
): Phrase {
  if (sameDays(days, EVERY_DAY)) return phrase("weekly.everyDay");
  if (sameDays(days, WORKDAYS)) return phrase("weekly.workdays");
  if (sameDays(days, WEEKEND)) return phrase("weekly.weekend");
  const named = [...days].sort((a, b) => a - b).map(dayName);
  return phrase("weekly.days", { days: named.join(join) });
}

/** `06:30` of 390; 1440 is `24:00`. */
export function timeOfDay(minute: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

/** 390 of `06:30`, as a field of the type `time` has it; undefined of what is no time. */
export function minuteOf(text: string): number | undefined {
  const [, hour, minute] = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text) ?? [];
  return hour === undefined || minute === undefined ? undefined : Number(hour) * 60 + Number(minute);
}

/** Days that the month of a season can have. */
export function daysOfMonth(month: number): number {
  return [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 31;
}
