import fc from "fast-check";
import type { Point, Polygon, Polyline } from "../../../src/core/geometry.ts";
import type { WaterMark } from "../../../src/core/site.ts";

/** A pond at the lower edge of the picture; higher water stands higher in it. */
export const BANK: Polygon = [
  [0.1, 0.3],
  [0.9, 0.3],
  [0.9, 1],
  [0.1, 1],
];

export function straight(level: number, y: number): WaterMark {
  return {
    level,
    line: [
      [0.05, y],
      [0.95, y],
    ],
  };
}

export const LOW = straight(2, 0.8);
export const HIGH = straight(3, 0.6);

/** Turned about the picture's middle by quarter turns. */
export function turned(points: Polyline, quarters: number): Polyline {
  return Array.from({ length: quarters }).reduce<Polyline>(
    (line) => line.map(([x, y]): Point => [1 - y, x]),
    points,
  );
}

/** Wavy lines one above the other at levels from 0 on, each with corners of its own, from either end, on any side. */
export const anyMarks: fc.Arbitrary<{ readonly marks: readonly WaterMark[]; readonly quarters: number }> = fc
  .record({
    count: fc.integer({ min: 2, max: 4 }),
    bends: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 32, maxLength: 32 }),
    corners: fc.array(fc.integer({ min: 2, max: 7 }), { minLength: 4, maxLength: 4 }),
    reversed: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
    quarters: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ count, bends, corners, reversed, quarters }) => ({
    quarters,
    marks: Array.from({ length: count }, (_, index): WaterMark => {
      const steps = corners[index] as number;
      const line = Array.from({ length: steps }, (_, i): Point => {
        // Each line has a strip of the picture to itself, so that no two cross.
        const strip = 0.8 / count;
        return [
          0.1 + (0.8 * i) / (steps - 1),
          0.9 - strip * index - 0.7 * strip * (bends[index * 8 + i] as number),
        ];
      });
      const own = turned(line, quarters);
      return { level: index, line: reversed[index] ? [...own].reverse() : own };
    }),
  }));
