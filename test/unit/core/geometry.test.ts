import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { area, contains, crossesItself, type Polygon, rasterize } from "../../../src/core/geometry.ts";

const SQUARE: Polygon = [
  [0.2, 0.2],
  [0.8, 0.2],
  [0.8, 0.8],
  [0.2, 0.8],
];
/** A U, open at the top. */
const BAY: Polygon = [
  [0, 0],
  [0.2, 0],
  [0.2, 0.8],
  [0.8, 0.8],
  [0.8, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];
const BOW: Polygon = [
  [0, 0],
  [1, 1],
  [1, 0],
  [0, 1],
];

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const point = fc.tuple(fraction, fraction);

describe("a point in an outline", () => {
  test.each<[string, Polygon, [number, number], boolean]>([
    ["in the middle", SQUARE, [0.5, 0.5], true],
    ["left of it", SQUARE, [0.1, 0.5], false],
    ["right of it", SQUARE, [0.9, 0.5], false],
    ["above it", SQUARE, [0.5, 0.1], false],
    ["in an arm of a bay", BAY, [0.1, 0.1], true],
    ["in the water of a bay", BAY, [0.5, 0.5], false],
    ["at the bottom of a bay", BAY, [0.5, 0.9], true],
    ["in no outline at all", [], [0.5, 0.5], false],
  ])("%s", (_, polygon, where, inside) => {
    expect(contains(polygon, where)).toBe(inside);
  });

  test("is the same for an outline drawn the other way round or begun elsewhere", () => {
    fc.assert(
      fc.property(point, fc.nat({ max: 7 }), (where, first) => {
        const turned = [...BAY.slice(first), ...BAY.slice(0, first)];
        expect(contains(turned, where)).toBe(contains(BAY, where));
      }),
    );
  });
});

describe("the area of an outline", () => {
  test("is its share of the picture, whatever its direction", () => {
    expect(area(SQUARE)).toBeCloseTo(0.36, 10);
    expect(area([...SQUARE].reverse())).toBeCloseTo(0.36, 10);
    expect(area(BAY)).toBeCloseTo(0.52, 10);
    expect(area([[0, 0]])).toBe(0);
    expect(area([])).toBe(0);
  });
});

describe("an outline that crosses itself", () => {
  test.each<[string, Polygon, boolean]>([
    ["a square", SQUARE, false],
    ["a bay", BAY, false],
    ["a bow", BOW, true],
    [
      "one whose corner lies on another edge",
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0.5, 0],
        [0, 1],
      ],
      true,
    ],
    [
      "one whose edges lie on one another",
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0.8, 0],
        [0.2, 0],
        [0, 1],
      ],
      true,
    ],
    [
      "a triangle",
      [
        [0, 0],
        [1, 0],
        [0, 1],
      ],
      false,
    ],
  ])("%s", (_, polygon, crosses) => {
    expect(crossesItself(polygon)).toBe(crosses);
  });

  test("is never a triangle", () => {
    fc.assert(
      fc.property(point, point, point, (a, b, c) => {
        expect(crossesItself([a, b, c])).toBe(false);
      }),
    );
  });
});

describe("the picture elements of an outline", () => {
  test("are those whose centres lie in it", () => {
    const mask = rasterize(SQUARE, 5, 5);
    const rows = Array.from({ length: 5 }, (_, row) => [...mask.slice(row * 5, row * 5 + 5)].join(""));
    expect(rows).toEqual(["00000", "01110", "01110", "01110", "00000"]);
  });

  test("are about as many as its area says", () => {
    const share = rasterize(BAY, 200, 200).reduce((sum, one) => sum + one, 0) / 40_000;
    expect(share).toBeCloseTo(area(BAY), 2);
  });
});
