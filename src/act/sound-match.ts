import { LEVELS_PER_SECOND } from "../core/hearing.ts";

/** Sound may come this much later than it was sent: the card's buffer, the air, a camera's own buffer. */
const EARLIEST_S = -0.4;
const LATEST_S = 3;
/** So much of what was sent must have been listened to, or nothing is said. */
const LEAST_SHARE = 0.55;
const LEAST_SECONDS = 0.8;
/** Levels this far below the loudest are all the same: what is between the words is not compared bit by bit. */
const FLOOR = 0.03;

/** Levels with the time of the first. */
export interface Heard {
  readonly startMs: number;
  readonly levels: Float32Array;
}

export interface Match {
  /** -1 to 1: the normalised cross-correlation where it is largest. */
  readonly likeness: number;
  readonly delayMs: number;
  /** How loud what was sent came in, as heard level for each sent; only for likely matches of use. */
  readonly gain: number;
}

/**
 * How alike the rise and fall of what was sent and of what was heard are, at the delay where they are most alike. Loudness does not
 * count, only its course; levels are compared by their logarithm, so that neither a limiter nor a steady noise matters much.
 * @returns undefined where too little was listened to.
 */
export function matchSound(sent: Heard, heard: Heard): Match | undefined {
  const a = course(sent.levels);
  const b = course(heard.levels);
  const offset = Math.round(((sent.startMs - heard.startMs) / 1000) * LEVELS_PER_SECOND);
  let best: { readonly likeness: number; readonly delay: number } | undefined;
  const last = Math.round(LATEST_S * LEVELS_PER_SECOND);
  for (let delay = Math.round(EARLIEST_S * LEVELS_PER_SECOND); delay <= last; delay++) {
    const likeness = correlation(a, b, offset + delay);
    if (likeness !== undefined && likeness > (best?.likeness ?? Number.NEGATIVE_INFINITY))
      best = { likeness, delay };
  }
  if (!best) return undefined;
  return {
    likeness: best.likeness,
    delayMs: (best.delay * 1000) / LEVELS_PER_SECOND,
    gain: gainAt(sent.levels, heard.levels, offset + best.delay),
  };
}

function course(levels: Float32Array): Float32Array {
  const loudest = levels.reduce((most, level) => Math.max(most, level), 0);
  return levels.map((level) => Math.log(level + Math.max(loudest * FLOOR, 1e-7)));
}

/** Pearson's correlation of `a` with the part of `b` that begins at `offset`. */
function correlation(a: Float32Array, b: Float32Array, offset: number): number | undefined {
  const from = Math.max(0, -offset);
  const to = Math.min(a.length, b.length - offset);
  const count = to - from;
  if (count < a.length * LEAST_SHARE || count < LEAST_SECONDS * LEVELS_PER_SECOND) return undefined;
  let [sumA, sumB, sumAA, sumBB, sumAB] = [0, 0, 0, 0, 0];
  for (let at = from; at < to; at++) {
    const x = a[at] ?? 0;
    const y = b[at + offset] ?? 0;
    sumA += x;
    sumB += y;
    sumAA += x * x;
    sumBB += y * y;
    sumAB += x * y;
  }
  const spreadA = sumAA - (sumA * sumA) / count;
  const spreadB = sumBB - (sumB * sumB) / count;
  // A level that never changes has no course to compare.
  if (spreadA < 1e-9 * count || spreadB < 1e-9 * count) return 0;
  return (sumAB - (sumA * sumB) / count) / Math.sqrt(spreadA * spreadB);
}

function gainAt(sent: Float32Array, heard: Float32Array, offset: number): number {
  let [energySent, energyHeard] = [0, 0];
  sent.forEach((level, at) => {
    const there = heard[at + offset];
    if (there === undefined) return;
    energySent += level * level;
    energyHeard += there * there;
  });
  return energySent > 0 ? Math.sqrt(energyHeard / energySent) : 0;
}
