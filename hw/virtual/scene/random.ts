/** Gives numbers from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number;

/** Mulberry32: the same seed (an integer) always gives the same numbers. */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A fixed number from 0 to 1 for a whole number; neighbours are unrelated. */
export function hash(index: number): number {
  let mixed = Math.imul(index ^ 0x9e3779b9, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
}

/** Smooth noise over a plane, 0 to 1, one swell a unit. */
export function plainNoise(x: number, y: number): number {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const across = smooth(x - column);
  const down = smooth(y - row);
  const corner = (dx: number, dy: number): number =>
    hash(Math.imul(column + dx, 73856093) ^ Math.imul(row + dy, 19349663));
  const top = corner(0, 0) + (corner(1, 0) - corner(0, 0)) * across;
  const bottom = corner(0, 1) + (corner(1, 1) - corner(0, 1)) * across;
  return top + (bottom - top) * down;
}

function smooth(part: number): number {
  return part * part * (3 - 2 * part);
}
