import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dangerousPart, waterlineFault } from "../../../src/core/dangerous-part.ts";
import { contains, type Point, type Polygon } from "../../../src/core/geometry.ts";
import { outlineFault } from "../../../src/core/outline.ts";
import { findShore, type Shore } from "../../../src/core/shore.ts";
import type { WaterMark } from "../../../src/core/site.ts";
import { anyMarks, BANK, HIGH, LOW, straight, turned } from "./banks.ts";

function shoreOf(marks: readonly WaterMark[]): Shore {
  const { shore, fault } = findShore(marks);
  if (!shore) throw new Error(`no shore: ${fault.kind}`);
  return shore;
}

const MARGIN = 0.1;
const partAt = (level: number, zone: Polygon = BANK, marks = [LOW, HIGH]): Polygon =>
  dangerousPart(zone, shoreOf(marks), MARGIN, level);

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const anyPoint: fc.Arbitrary<Point> = fc.tuple(fraction, fraction);
/** Convex or star-shaped about the middle, by distances in so many directions. */
const anyZone: fc.Arbitrary<Polygon> = fc
  .array(fc.double({ min: 0.1, max: 0.5, noNaN: true }), { minLength: 3, maxLength: 12 })
  .map((radii) =>
    radii.map((radius, i): Point => {
      const angle = (2 * Math.PI * i) / radii.length;
      return [0.5 + radius * Math.cos(angle), 0.5 + radius * Math.sin(angle)];
    }),
  );

describe("what is dangerous of a zone", () => {
  test.each<[string, number, Point, boolean]>([
    ["the water", 2, [0.5, 0.95], true],
    ["the bank right above the water's edge", 2, [0.5, 0.72], true],
    ["but not the bank farther up", 2, [0.5, 0.65], false],
    ["which is dangerous when the water has come up to it", 3, [0.5, 0.65], true],
    ["and the bank above that then, too", 3, [0.5, 0.52], true],
    ["but never what is outside of the zone", 3, [0.95, 0.65], false],
  ])("is %s", (_what, level, place, isIn) => {
    expect(contains(partAt(level), place)).toBe(isIn);
  });

  test("is the whole zone when the water reaches its upper edge", () => {
    const zone: Polygon = BANK.map(([x, y]) => [x, Math.max(0.6, y)]);
    expect(partAt(3, zone)).toEqual(zone);
  });

  test("is the whole zone rather than pieces of it", () => {
    const legs: Polygon = [
      [0.1, 0.3],
      [0.9, 0.3],
      [0.9, 0.95],
      [0.7, 0.95],
      [0.7, 0.4],
      [0.3, 0.4],
      [0.3, 0.95],
      [0.1, 0.95],
    ];
    expect(partAt(2, legs)).toEqual(legs);
  });

  test("hangs together where the edge goes over the zone's upper side several times", () => {
    const wavy: WaterMark = {
      level: 2,
      line: [
        [0, 0.5],
        [0.25, 0.3],
        [0.5, 0.5],
        [0.75, 0.3],
        [1, 0.5],
      ],
    };
    const above: WaterMark = {
      level: 3,
      line: [
        [0, 0.1],
        [1, 0.1],
      ],
    };
    const part = partAt(2, BANK, [wavy, above]);
    expect(part).not.toEqual(BANK);
    expect(contains(part, [0.5, 0.32])).toBe(false);
    expect(contains(part, [0.25, 0.32])).toBe(true);
    expect(outlineFault(part)).toBeUndefined();
  });

  test("never crosses itself, leaves the picture or leaves the zone, at any level of any bank", () => {
    fc.assert(
      fc.property(
        anyMarks,
        anyZone,
        fc.double({ min: -1, max: 4 }),
        anyPoint,
        ({ marks }, zone, level, place) => {
          const part = partAt(level, zone, [...marks]);
          if (!outlineFault(zone)) expect(outlineFault(part)).toBeUndefined();
          const [x, y] = place;
          const isNearZone = [-1, 0, 1].some((dx) =>
            [-1, 0, 1].some((dy) => contains(zone, [x + dx * 1e-4, y + dy * 1e-4])),
          );
          if (contains(part, place)) expect(isNearZone).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("grows with the water: what was dangerous stays so", () => {
    const levels = fc.tuple(
      fc.double({ min: 0, max: 3, noNaN: true }),
      fc.double({ min: 0, max: 3, noNaN: true }),
    );
    fc.assert(
      fc.property(
        anyMarks,
        levels,
        fc.array(anyPoint, { minLength: 20 }),
        ({ marks, quarters }, pair, places) => {
          const zone = turned(
            [
              [0.05, 0.02],
              [0.95, 0.02],
              [0.95, 0.98],
              [0.05, 0.98],
            ],
            quarters,
          );
          const shore = shoreOf(marks);
          const [lower, higher] = [Math.min(...pair), Math.max(...pair)];
          const [less, more] = [lower, higher].map((level) => dangerousPart(zone, shore, MARGIN, level)) as [
            Polygon,
            Polygon,
          ];
          for (const place of places) {
            if (contains(less, place)) expect(contains(more, place) || isOnEdge(more, place)).toBe(true);
          }
        },
      ),
    );
  });
});

describe("a zone cannot follow its lines", () => {
  test("that leave nothing of it at the lowest level", () => {
    const upland: Polygon = BANK.map(([x, y]) => [x, Math.min(0.55, y)]);
    expect(waterlineFault(upland, { lines: [HIGH, LOW], margin: MARGIN })).toEqual({
      kind: "nothing-left",
      at: [1],
    });
  });

  test("that cut it into pieces", () => {
    const legs: Polygon = [
      [0.1, 0.3],
      [0.9, 0.3],
      [0.9, 0.95],
      [0.7, 0.95],
      [0.7, 0.4],
      [0.3, 0.4],
      [0.3, 0.95],
      [0.1, 0.95],
    ];
    expect(waterlineFault(legs, { lines: [LOW, HIGH], margin: MARGIN })).toEqual({ kind: "pieces", at: [0] });
  });

  test("that are no waterlines", () => {
    expect(waterlineFault(BANK, { lines: [LOW], margin: MARGIN })).toEqual({ kind: "levels", at: [] });
  });

  test("and follows those that are", () => {
    expect(waterlineFault(BANK, { lines: [LOW, straight(2.5, 0.7), HIGH], margin: MARGIN })).toBeUndefined();
  });
});

function isOnEdge(polygon: Polygon, [x, y]: Point): boolean {
  return [-1, 0, 1].some((dx) => [-1, 0, 1].some((dy) => contains(polygon, [x + dx * 1e-6, y + dy * 1e-6])));
}
