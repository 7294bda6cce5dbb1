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

/** A good reading of a counter. */
export interface Count {
  readonly value: number;
  readonly atMs: number;
}

/** What a counter did in the last 24 hours. */
export interface GrowthWindow {
  readonly last: Count | undefined;
  /** Oldest first, none that brought nothing. */
  readonly pieces: readonly Piece[];
  /** The newest, to which what follows within its minute is added; apart, so that a reading costs the same however many there are. */
  readonly open: Piece | undefined;
}

export const UNKNOWN_GROWTH: GrowthWindow = { last: undefined, pieces: [], open: undefined };

/** What is known after a good reading. */
export function afterCount(window: GrowthWindow, count: Count, accumulation: Accumulation): GrowthWindow {
  const { last, open } = window;
  const { value, atMs } = count;
  const grown = last ? grownBetween(last.value, value, accumulation) : 0;
  if (!last || grown === 0) return { ...window, last: count };
  if (open && atMs - open.fromMs <= PIECE_MS) {
    return { ...window, last: count, open: { ...open, toMs: atMs, grown: open.grown + grown } };
  }
  const pieces = piecesOf(window).filter(({ toMs }) => toMs > atMs - LONGEST_MS);
  return { last: count, pieces, open: { fromMs: last.atMs, toMs: atMs, grown } };
}

/** What was known of before, found out later, and what came since; what grew between the two came while nobody read. */
export function continuedBy(
  before: GrowthWindow,
  { first, since }: { readonly first: Count; readonly since: GrowthWindow },
  accumulation: Accumulation,
): GrowthWindow {
  const pieces = [...piecesOf(afterCount(before, first, accumulation)), ...since.pieces];
  return { ...since, pieces };
}

/**
 * Growth in the last hours. What came while nobody read is spread evenly over that time: a gauge that was out of reach for ten hours
 * would else have had all its rain in the last minute, and raise an alarm for it.
 */
export function growthSums(window: GrowthWindow, nowMs: number): GrowthSums {
  const pieces = piecesOf(window);
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

function piecesOf({ pieces, open }: GrowthWindow): readonly Piece[] {
  return open ? [...pieces, open] : pieces;
}
