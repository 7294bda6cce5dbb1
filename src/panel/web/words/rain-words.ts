import { startOfDay } from "../../../core/local-day.ts";
import type { Rule } from "../../../core/site.ts";
import type { CurvePart } from "../../../core/stores.ts";
import type { SensorView, VillageState } from "../../../core/village.ts";
import type { Tone } from "./overall.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { type CurveSpan, floodSeason, withHoles } from "./sensor-curve.ts";
import { wallDay } from "./village-time.ts";

// Rain as people speak of it: so many millimetres in an hour, a day, a season.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Whether a sensor counts rain: the only thing that is counted so far (`config/profiles.ts`). */
export function isRain(sensor: Pick<SensorView, "accumulates">): boolean {
  return sensor.accumulates !== undefined;
}

/** Millimetres, as finely as a gauge tips. */
export function millimetres(value: number): string {
  return value.toFixed(value < 1000 ? 1 : 0);
}

/** Rain of 24 hours from so many millimetres on is called so: GB/T 28592-2012, table 1. */
const GRADES = [
  [250, "extreme"],
  [100, "severe"],
  [50, "storm"],
  [25, "heavy"],
  [10, "moderate"],
  [0.1, "light"],
] as const;

/** What rain of 24 hours is called; undefined for less than a gauge tells. @param mm of 24 hours. */
export function rainGrade(mm: number): (typeof GRADES)[number][1] | undefined {
  // The standard's classes are of tenths: 9.9 is light, 10.0 is not.
  const tenths = Number(mm.toFixed(1));
  return GRADES.find(([from]) => tenths >= from)?.[1];
}

/** What the last 24 hours brought, and what that is called. */
export function dayPhrase(mm: number): Phrase {
  const grade = rainGrade(mm);
  return grade ? phrase(`rain.days.${grade}`, { value: millimetres(mm) }) : phrase("rain.dry");
}

/** What came in the last hour, at a glance; undefined where nobody knows. */
export function hourPhrase({ sums }: Pick<SensorView, "sums">): Phrase | undefined {
  return sums && phrase("rain.hourIs", { value: millimetres(sums[1]) });
}

/** A rule on what came in so many hours. */
export interface RainLimit {
  readonly name: string;
  readonly hours: number;
  readonly above: number;
}

/** Of one gauge, the shortest hours and the lowest limit first. */
export function rainLimits(sensor: string, rules: readonly Pick<Rule, "name" | "when">[]): RainLimit[] {
  return rules
    .flatMap(({ name, when }) =>
      when.kind === "level" && when.sensor === sensor && when.overHours !== undefined
        ? [{ name, hours: when.overHours, above: when.above }]
        : [],
    )
    .sort((a, b) => a.hours - b.hours || a.above - b.above);
}

/**
 * Rain in words: above the first limit that it is above, otherwise what the day brought. While the time is not known only what came since the
 * start is counted, and "no rain in a day" would be more than anybody knows.
 */
export function rainState(
  { id, sums }: Pick<SensorView, "id" | "sums">,
  { rules, clock }: Pick<VillageState, "clock"> & { readonly rules: readonly Rule[] },
): { readonly tone: Tone; readonly phrase: Phrase } {
  if (!sums) return { tone: "calm", phrase: phrase("sensor.normal") };
  const passed = rainLimits(id, rules).find(
    ({ hours, above }) => (Object.entries(sums).find(([key]) => Number(key) === hours)?.[1] ?? 0) > above,
  );
  if (!passed)
    return { tone: "calm", phrase: clock === "synced" ? dayPhrase(sums[24]) : phrase("rain.sinceStart") };
  return { tone: "alarm", phrase: phrase("rain.above", { hours: passed.hours, above: passed.above }) };
}

/** What is drawn as bars, and in how many parts it is asked for so that each bar is whole parts. */
export interface BarSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly bars: number;
  readonly parts: number;
  /** Hours of one bar. */
  readonly barHours: 1 | 24;
}

/** Whole hours of the last day, or whole days, today the last; of the season that is over, all its days. */
export function barSpan(span: CurveSpan, nowMs: number, timezone: string): BarSpan {
  if (span === "day") {
    const toMs = Math.floor(nowMs / HOUR_MS) * HOUR_MS + HOUR_MS;
    return { fromMs: toMs - DAY_MS, toMs, bars: 24, parts: 24 * 20, barHours: 1 };
  }
  const season = floodSeason(nowMs, timezone);
  const lastMs = span === "week" ? nowMs : season.toMs - 1;
  const toMs = startOfDay(startOfDay(lastMs, timezone) + 1.5 * DAY_MS, timezone);
  const fromMs = span === "week" ? startOfDay(toMs - 6.5 * DAY_MS, timezone) : season.fromMs;
  const bars = Math.max(1, Math.round((toMs - fromMs) / DAY_MS));
  return { fromMs, toMs, bars, parts: bars * (span === "week" ? 48 : 4), barHours: 24 };
}

export interface RainBar {
  readonly fromMs: number;
  readonly toMs: number;
  /** Null where nothing was read. */
  readonly mm: number | null;
  /** Some of it may have fallen before: it was read after a hole. */
  readonly isLate: boolean;
}

/** So much of a bar may lie before it: an hour of 66 minutes is still called one. */
const LATE = 0.1;

export function rainBars(parts: readonly CurvePart[], { fromMs, toMs, bars }: BarSpan): RainBar[] {
  const barMs = (toMs - fromMs) / bars;
  const returns = returnsOf(parts, { fromMs, toMs });
  return Array.from({ length: bars }, (_, index) => {
    const span = { fromMs: fromMs + index * barMs, toMs: fromMs + (index + 1) * barMs };
    const isLate = returns.some(
      ({ atMs, sinceMs }) => atMs >= span.fromMs && atMs < span.toMs && span.fromMs - sinceMs > LATE * barMs,
    );
    return { ...span, mm: rainWithin(parts, span), isLate };
  });
}

/** When it was read again after a hole, and since when it had not been; before the first part nobody knows for how long. */
function returnsOf(
  parts: readonly CurvePart[],
  span: { readonly fromMs: number; readonly toMs: number },
): { readonly atMs: number; readonly sinceMs: number }[] {
  let sinceMs: number | undefined;
  return withHoles(parts, span).flatMap(({ from, mean }) => {
    const atMs = Date.parse(from);
    if (mean === null) {
      sinceMs ??= atMs === span.fromMs ? Number.NEGATIVE_INFINITY : atMs;
      return [];
    }
    const found = sinceMs === undefined ? [] : [{ atMs, sinceMs }];
    sinceMs = undefined;
    return found;
  });
}

/** What came within these times; null where nothing was read. */
export function rainWithin(
  parts: readonly CurvePart[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): number | null {
  const within = parts.filter(({ from }) => Date.parse(from) >= fromMs && Date.parse(from) < toMs);
  const grown = within.flatMap(({ grown: mm }) => (mm === null || mm === undefined ? [] : [mm]));
  return grown.length === 0 ? null : grown.reduce((sum, mm) => sum + mm, 0);
}

/** The bar with the most of those whose rain fell in it; undefined where they were dry. */
export function heaviest(bars: readonly RainBar[]): RainBar | undefined {
  return mostOf(bars.filter(({ isLate }) => !isLate));
}

/** The bar with the most, where some of that may have fallen before, so that nobody knows which hour or day was the heaviest. */
export function lateMost(bars: readonly RainBar[]): RainBar | undefined {
  const most = mostOf(bars);
  return most?.isLate ? most : undefined;
}

function mostOf(bars: readonly RainBar[]): RainBar | undefined {
  const [most] = [...bars].sort((a, b) => (b.mm ?? 0) - (a.mm ?? 0));
  return most?.mm ? most : undefined;
}

/** What came in some while: not known yet, not to be had, or null where nothing was read. */
export type RainSum = "asking" | "failed" | number | null;

export function sumPhrase(sum: RainSum): Phrase {
  if (sum === "asking" || sum === "failed") return phrase(`rain.${sum}`);
  return sum === null ? phrase("rain.unknown") : phrase("rain.amount", { value: millimetres(sum) });
}

/** The village's day until now. The end lies ahead, so that just after midnight there is a span, too. */
export function todaySpan(nowMs: number, timezone: string): { fromMs: number; toMs: number } {
  return { fromMs: startOfDay(nowMs, timezone), toMs: nowMs + HOUR_MS };
}

/** Month and day, as the village's calendar has them. */
export function dayName(ms: number, timezone: string): Phrase {
  const [, month = "1", day = "1"] = wallDay(ms, timezone).split("-");
  return phrase("time.date", { month: `time.months.${Number(month) - 1}`, day: Number(day) });
}
