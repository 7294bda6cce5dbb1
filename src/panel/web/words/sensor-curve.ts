import type { Rule } from "../../../core/site.ts";
import type { CurvePart } from "../../../core/stores.ts";
import { isoTime } from "../../../core/time.ts";
import { timeOfWall, wallDay } from "./village-time.ts";

// What a sensor measured, as a plot and its words want it.

const DAY_MS = 86_400_000;

export const SPANS = ["day", "week", "season"] as const;
export type CurveSpan = (typeof SPANS)[number];

/** A level at which a rule acts. */
export interface PlotLine {
  readonly name: string;
  readonly value: number;
}

/** A stretch without good readings. */
export interface SensorGap {
  readonly fromMs: number;
  readonly toMs: number;
  /** `silent`: the box was off, or had no such sensor. */
  readonly kind: "lost" | "invalid" | "silent";
}

/** The flood season of Hunan, 1 April to the end of September: this year's, or the last one that has begun. */
export function floodSeason(nowMs: number, timezone: string): { fromMs: number; toMs: number } {
  const today = wallDay(nowMs, timezone);
  const thisYear = Number(today.slice(0, 4));
  const year = today.slice(5) >= "04-01" ? thisYear : thisYear - 1;
  const fromMs = timeOfWall(`${year}-04-01T00:00`, timezone) ?? nowMs - 180 * DAY_MS;
  const toMs = timeOfWall(`${year}-10-01T00:00`, timezone) ?? nowMs;
  return { fromMs, toMs: Math.min(toMs, nowMs) };
}

export function spanOf(span: CurveSpan, nowMs: number, timezone: string): { fromMs: number; toMs: number } {
  if (span === "season") return floodSeason(nowMs, timezone);
  return { fromMs: nowMs - (span === "day" ? 1 : 7) * DAY_MS, toMs: nowMs };
}

/** Levels of a sensor above which rules act, the lowest first. */
export function linesOf(sensor: string, rules: readonly Pick<Rule, "name" | "when">[]): PlotLine[] {
  return rules
    .flatMap(({ name, when }) =>
      when.kind === "level" && when.sensor === sensor ? [{ name, value: when.above }] : [],
    )
    .sort((a, b) => a.value - b.value);
}

/** Parts farther apart than this, as the sensor is usually read, have a hole between them. */
const HOLE = 1.5;
const NOTHING = { low: null, high: null, mean: null, lost: 0, invalid: 0 };

/** Parts without a pause between them, and one of nothing where the box did not even try: what a plot draws as a hole. */
export function withHoles(
  parts: readonly CurvePart[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): CurvePart[] {
  const mostMs = HOLE * spacingOf(parts);
  const filled: CurvePart[] = [];
  let at = fromMs;
  for (const part of parts) {
    const begins = Date.parse(part.from);
    const last = filled.at(-1);
    if (begins - at > mostMs) filled.push({ ...NOTHING, from: isoTime(at), to: part.from });
    else if (last) filled[filled.length - 1] = { ...last, to: part.from };
    filled.push(part);
    at = Date.parse(part.to);
  }
  if (toMs - at > mostMs) filled.push({ ...NOTHING, from: isoTime(at), to: isoTime(toMs) });
  return filled;
}

/** From one part to the next in the middle of all: a sensor that is read each quarter of an hour has no part in most. */
function spacingOf(parts: readonly CurvePart[]): number {
  const [first] = parts;
  const lengthMs = first ? Date.parse(first.to) - Date.parse(first.from) : 0;
  const apart = parts
    .slice(1)
    .map(({ from }, index) => Date.parse(from) - Date.parse(parts[index]?.from ?? from))
    .sort((a, b) => a - b);
  return Math.max(lengthMs, apart[Math.floor(apart.length / 2)] ?? 0);
}

/** Stretches in which nothing good was read, oldest first. @param parts without a pause between them. */
export function gapsOf(parts: readonly CurvePart[]): SensorGap[] {
  const gaps: SensorGap[] = [];
  for (const { from, to, mean, lost, invalid } of parts) {
    if (mean !== null) continue;
    const kind = lost + invalid === 0 ? "silent" : invalid > lost ? "invalid" : "lost";
    const [fromMs, toMs] = [Date.parse(from), Date.parse(to)];
    const last = gaps.at(-1);
    if (last?.toMs === fromMs && last.kind === kind) gaps[gaps.length - 1] = { ...last, toMs };
    else gaps.push({ fromMs, toMs, kind });
  }
  return gaps;
}
