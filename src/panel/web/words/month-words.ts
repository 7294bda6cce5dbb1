import { isCameraFault } from "../../../core/camera-health.ts";
import type { MonthlySheet, SheetOutage } from "../../../core/monthly-sheet.ts";
import { type Phrase, phrase } from "./phrase.ts";

/** So many months can be looked at: a ledger that was not full holds more than a year. */
const MONTHS_OFFERED = 13;

/** `2026-11` and the months before it, newest first. @param today `2026-11-29`, of the village. */
export function monthsUntil(today: string): readonly string[] {
  const [year = 0, month = 1] = today.split("-").map(Number);
  return Array.from({ length: MONTHS_OFFERED }, (_, back) =>
    new Date(Date.UTC(year, month - 1 - back, 1)).toISOString().slice(0, 7),
  );
}

export function monthPhrase(month: string): Phrase {
  const [year = 0, number = 0] = month.split("-").map(Number);
  return phrase("month.name", { year, month: number });
}

export function durationPhrase(seconds: number): Phrase {
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes < 60) return phrase("month.minutes", { minutes });
  return phrase("month.hours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** Why something was out, where that is known; undefined where there is nothing to add. */
export function whyPhrase({ kind, why }: Pick<SheetOutage, "kind" | "why">): Phrase | undefined {
  if (kind === "box" || kind === "sensor") return phrase(`month.why.${why}`);
  return kind === "camera" && isCameraFault(why) ? phrase(`camera.fault.${why}`) : undefined;
}

/** What a reader has to know of the figures, before believing them. */
export function gapPhrases(
  { gaps, isSettled }: Pick<MonthlySheet, "gaps" | "isSettled">,
  days: number,
  dateOf: (iso: string) => string,
): readonly Phrase[] {
  const { evicted, anew, unsure, firstAt } = gaps;
  const told = [
    ...(firstAt === undefined ? [] : [phrase("month.firstAt", { time: dateOf(firstAt) })]),
    ...(evicted > 0 ? [phrase("month.evicted", { count: evicted })] : []),
    ...(anew > 0 ? [phrase("month.anew", { count: anew })] : []),
    ...(unsure > 0 ? [phrase("month.unsure", { count: unsure })] : []),
  ];
  const whole = told.length === 0 ? [phrase("month.whole")] : told;
  return isSettled ? whole : [...whole, phrase("month.unsettled", { days })];
}
