// Quantities that are counted up, as the total of a rain gauge: what matters is not their value but by how much they grew.

/** How a device counts up. */
export interface Accumulation {
  /** From when the device counts: since it was switched on, since its own midnight, or for ever, through power cuts too. */
  readonly since: "power-up" | "midnight" | "ever";
  /** What would follow its highest value, in its unit: there it begins at 0 again. Absent: it does not, or nobody knows. */
  readonly wrapsAt?: number | undefined;
}

/**
 * A fall is the counter's own wrap where that means a growth of at most this share of the whole; otherwise it was restarted. For 16 bits of
 * 0.1 mm that is 205 mm: no hour has brought so much in China (201.9 mm, Zhengzhou, 20 July 2021), so little is missed, and a restart is
 * seldom so near the top.
 */
const WRAP_SHARE = 1 / 32;

/** By how much a counter grew from one good reading to the next, in its unit, 0 or more. */
export function grownBetween(before: number, after: number, { wrapsAt }: Accumulation): number {
  if (after >= before) return after - before;
  const wrapped = wrapsAt === undefined ? Number.NaN : wrapsAt - before + after;
  // Whoever began again at 0 has counted what it shows since then.
  return wrapped <= mostOfWrap(wrapsAt) ? wrapped : Math.max(0, after);
}

/** More than this is no wrap; the database adds up by the same rule. */
export function mostOfWrap(wrapsAt: number | undefined): number {
  return (wrapsAt ?? 0) * WRAP_SHARE;
}

/** Hours over which growth is summed for rules and the page: those for which floods are foretold from rain. */
export const SUM_HOURS = [1, 3, 6, 12, 24] as const;
export type SumHours = (typeof SUM_HOURS)[number];

/** Growth in the last so many hours, in the sensor's unit. */
export type GrowthSums = Readonly<Record<SumHours, number>>;
