import {
  type Accumulation,
  type GrowthSums,
  grownBetween,
  SUM_HOURS,
  type SumHours,
} from "../core/growth.ts";

const HOUR_MS = 3_600_000;
const LONGEST_MS = Math.max(...SUM_HOURS) * HOUR_MS;
/** Steps within a minute are one: a gauge that is read each second would leave 86,400 of them. */
const PIECE_MS = 60_000;
const DECIMALS_KEPT = 3;

/** Growth between two times, which fell nobody knows when between them. Milliseconds of whichever clock the readings were told by. */
interface Piece {
  readonly fromMs: number;
  readonly toMs: number;
  readonly grown: number;
}

/** What a counter did in the last 24 hours. */
export interface GrowthWindow {
  readonly last: { readonly value: number; readonly atMs: number } | undefined;
  /** Oldest first, none that brought nothing. */
  readonly pieces: readonly Piece[];
}

export const UNKNOWN_GROWTH: GrowthWindow = { last: undefined, pieces: [] };

/** What is known after a good reading. */
export function afterCount(
  { last, pieces }: GrowthWindow,
  value: number,
  atMs: number,
  accumulation: Accumulation,
): GrowthWindow {
  const grown = last ? grownBetween(last.value, value, accumulation) : 0;
  const kept = pieces.filter(({ toMs }) => toMs > atMs - LONGEST_MS);
  const next = { value, atMs };
  if (!last || grown === 0) return { last: next, pieces: kept };
  const piece = { fromMs: last.atMs, toMs: atMs, grown };
  const before = kept.at(-1);
  if (before && before.toMs === piece.fromMs && atMs - before.fromMs <= PIECE_MS) {
    const joined = { ...piece, fromMs: before.fromMs, grown: before.grown + grown };
    return { last: next, pieces: [...kept.slice(0, -1), joined] };
  }
  return { last: next, pieces: [...kept, piece] };
}

/**
 * Growth in the last hours. What came while nobody read is spread evenly over that time: a gauge that was out of reach for ten hours
 * would else have had all its rain in the last minute, and raise an alarm for it.
 */
export function growthSums({ pieces }: GrowthWindow, nowMs: number): GrowthSums {
  const sum = (hours: SumHours): number => {
    const sinceMs = nowMs - hours * HOUR_MS;
    const shares = pieces.map(({ fromMs, toMs, grown }) => {
      if (toMs <= sinceMs) return 0;
      return fromMs >= sinceMs ? grown : (grown * (toMs - sinceMs)) / (toMs - fromMs);
    });
    return Number(shares.reduce((total, share) => total + share, 0).toFixed(DECIMALS_KEPT));
  };
  return { 1: sum(1), 3: sum(3), 6: sum(6), 12: sum(12), 24: sum(24) };
}
