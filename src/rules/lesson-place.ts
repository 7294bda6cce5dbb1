import { type Box, type Point, type Polygon, rasterize } from "../core/geometry.ts";
import type { Spot } from "../core/lesson.ts";

/**
 * How far the feet may go from where they were: in widths and heights of the box. A track has gone a fifth of its height,
 * half its width, before it counts at all; a person who walks is beyond this within a second.
 */
const REACH = { usual: [1, 0.5], person: [0.6, 0.3] } as const;
const FACTOR = { usual: 1.6, person: 1.3 } as const;
/** No spot reaches further to a side than this share of its zone's width or height: who crosses the zone leaves it. */
const ZONE_SHARE = 1 / 6;
/** In a zone that became smaller since: with what is forgiven a single look still only three quarters of it. */
const WIDEST_SHARE = 1 / 4;
/** What is cut shorter than this share of its reach would ignore nothing. */
const LEAST_REACH = 0.25;
/** A single look may be further out, as detectors are: so many times the reach, the factor twice. */
const STRAY = 1.5;
/** The zone's area is counted in so many cells of the picture. */
const COLUMNS = 160;
const ROWS = 90;

/** One look at something: feet, width and height. */
type Values = readonly [x: number, y: number, width: number, height: number];
interface Range {
  readonly least: number;
  readonly most: number;
}

/** Where something has been since it was first seen. It only ever grows. */
export interface Course {
  readonly last: Values;
  /** Of every look. */
  readonly all: readonly Range[];
  /** Without what one look alone has shown. */
  readonly steady: readonly Range[];
}

export interface Sighted {
  readonly feet: Point;
  readonly box: Box;
}

export function feetOf({ x, y, width, height }: Box): Point {
  return [x + width / 2, y + height];
}

/** The course after another look. */
export function goOn(course: Course | undefined, { feet: [x, y], box }: Sighted): Course {
  const now: Values = [x, y, box.width, box.height];
  const points = now.map((value) => ({ least: value, most: value }));
  if (!course) return { last: now, all: points, steady: points };
  const { last, all, steady } = course;
  // The same box again is no look of its own: it was shown, not seen.
  if (now.every((value, index) => value === last[index])) return course;
  return {
    last: now,
    all: all.map((range, index) => around(range, now[index] as number, now[index] as number)),
    steady: steady.map((range, index) => {
      const [before, after] = [last[index] as number, now[index] as number];
      return around(range, Math.max(before, after), Math.min(before, after));
    }),
  };
}

function around({ least, most }: Range, low: number, high: number): Range {
  return { least: Math.min(least, low), most: Math.max(most, high) };
}

/** Whether what went this course looked like that all the time, and never left the spot. */
export function fits({ feet, reach, width, height, factor }: Spot, { all, steady }: Course): boolean {
  const isNear = (axis: 0 | 1): boolean =>
    isWithin(steady[axis], feet[axis] - reach[axis], feet[axis] + reach[axis]) &&
    isWithin(all[axis], feet[axis] - reach[axis] * STRAY, feet[axis] + reach[axis] * STRAY);
  const isLike = (size: number, index: 2 | 3): boolean =>
    isWithin(steady[index], size / factor, size * factor) &&
    isWithin(all[index], size / factor ** 2, size * factor ** 2);
  return isNear(0) && isNear(1) && isLike(width, 2) && isLike(height, 3);
}

function isWithin(range: Range | undefined, least: number, most: number): boolean {
  return range !== undefined && range.least >= least && range.most <= most;
}

/** The spot that a sight teaches; undefined where the zone is too small beside it. */
export function spotOf({ feet, box }: Sighted, isPerson: boolean, polygon: Polygon): Spot | undefined {
  const kind = isPerson ? "person" : "usual";
  const [zoneWidth, zoneHeight] = extentOf(polygon);
  const wanted: Point = [REACH[kind][0] * box.width, REACH[kind][1] * box.height];
  const reach: Point = [
    Math.min(wanted[0], zoneWidth * ZONE_SHARE),
    Math.min(wanted[1], zoneHeight * ZONE_SHARE),
  ];
  if (reach[0] < wanted[0] * LEAST_REACH || reach[1] < wanted[1] * LEAST_REACH) return undefined;
  return { feet, reach, width: box.width, height: box.height, factor: FACTOR[kind] };
}

/**
 * Whether lessons of these spots leave the zone as it is now alone: whoever crosses it leaves each of them, and together they
 * cover no more than `mostShare` of it. A zone that moves with the water may be smaller than when they were taught.
 */
export function spare(polygon: Polygon, spots: readonly Spot[], mostShare: number): boolean {
  const extent = extentOf(polygon);
  const isNarrow = ({ reach }: Spot, axis: 0 | 1): boolean => reach[axis] <= extent[axis] * WIDEST_SHARE;
  return (
    spots.every((spot) => isNarrow(spot, 0) && isNarrow(spot, 1)) && coveredShare(polygon, spots) <= mostShare
  );
}

function extentOf(polygon: Polygon): Point {
  const extent = (axis: 0 | 1): number => {
    const values = polygon.map((corner) => corner[axis]);
    return Math.max(...values) - Math.min(...values);
  };
  return [extent(0), extent(1)];
}

/** Share of the zone in which the feet of something are within one of the spots, whatever its size; 0 to 1. */
export function coveredShare(polygon: Polygon, spots: readonly Spot[]): number {
  const mask = rasterize(polygon, COLUMNS, ROWS);
  let cells = 0;
  let covered = 0;
  mask.forEach((isInside, cell) => {
    if (isInside === 0) return;
    cells++;
    const x = ((cell % COLUMNS) + 0.5) / COLUMNS;
    const y = (Math.floor(cell / COLUMNS) + 0.5) / ROWS;
    const isCovered = spots.some(
      ({ feet, reach }) => Math.abs(x - feet[0]) <= reach[0] && Math.abs(y - feet[1]) <= reach[1],
    );
    if (isCovered) covered++;
  });
  // A zone smaller than a cell is covered by anything.
  return cells === 0 ? 1 : covered / cells;
}
