import type { ReadingObservation } from "../core/observation.ts";
import type { WaterView } from "../core/zones.ts";

/** The highest reading of so long counts: waves keep the edge where they reach. */
const WAVE_MS = 60_000;
/** The edge follows the level when it is so much above or below, in shares of the measured range. */
const RISE_SHARE = 0.01;
const FALL_SHARE = 0.05;
/** So many good readings in a row end a fault: a sensor that stutters must not pull the zone to and fro. */
const GOOD_AGAIN = 3;
/** After so long without a reading nothing is known of the level. */
const UNKNOWN_MS = 3_600_000;

/** Which level's line holds, and why. */
export interface WaterLevel extends Pick<WaterView, "fault"> {
  readonly state: Exclude<WaterView["state"], "uncalibrated">;
  readonly level: number;
  /** Good readings of the last minute. */
  readonly recent: readonly { readonly value: number; readonly atMs: number }[];
  /** While lost: since when, and how many good readings have come in a row. */
  readonly lostMs: number;
  readonly goodInRow: number;
}

/** Before the first reading the highest line holds. @param levels that were measured, ascending, at least two. */
export function unread(levels: readonly number[]): WaterLevel {
  return { state: "waiting", level: highest(levels), recent: [], lostMs: 0, goodInRow: 0 };
}

/** What holds after a reading. */
export function afterReading(
  before: WaterLevel,
  { value, quality, at }: Pick<ReadingObservation, "value" | "quality" | "at">,
  levels: readonly number[],
): WaterLevel {
  const nowMs = at.monotonicMs;
  return value === null || quality !== "good" || !Number.isFinite(value)
    ? afterMiss(
        before,
        quality === "lost" ? "waterline.sensor_lost" : "waterline.sensor_invalid",
        nowMs,
        levels,
      )
    : afterGood(before, value, nowMs, levels);
}

function afterMiss(
  before: WaterLevel,
  fault: NonNullable<WaterLevel["fault"]>,
  nowMs: number,
  levels: readonly number[],
): WaterLevel {
  if (before.state === "lost") {
    const level = nowMs - before.lostMs >= UNKNOWN_MS ? highest(levels) : before.level;
    return { ...before, level, recent: [], goodInRow: 0 };
  }
  // The water may rise unseen: the next line that somebody measured is the safe one.
  const level = levels.find((measured) => measured >= before.level) ?? highest(levels);
  return { state: "lost", fault, level, recent: [], lostMs: nowMs, goodInRow: 0 };
}

function afterGood(before: WaterLevel, value: number, nowMs: number, levels: readonly number[]): WaterLevel {
  const recent = [...before.recent.filter(({ atMs }) => nowMs - atMs < WAVE_MS), { value, atMs: nowMs }];
  const peak = Math.max(...recent.map((reading) => reading.value));
  if (before.state === "lost" && before.goodInRow + 1 < GOOD_AGAIN) {
    return { ...before, level: Math.max(before.level, value), recent, goodInRow: before.goodInRow + 1 };
  }
  if (before.state !== "following") {
    return { state: "following", level: peak, recent, lostMs: 0, goodInRow: 0 };
  }
  const range = highest(levels) - (levels[0] ?? 0);
  const isHigher = peak > before.level + range * RISE_SHARE;
  const isLower = peak < before.level - range * FALL_SHARE;
  return { ...before, level: isHigher || isLower ? peak : before.level, recent };
}

const highest = (levels: readonly number[]): number => levels[levels.length - 1] ?? 0;
