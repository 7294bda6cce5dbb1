import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addCell,
  CELL_COUNT,
  cellAt,
  cellsOf,
  centreOf,
  coversBothSides,
  hasCell,
  noCells,
  placesAlong,
} from "../../../src/core/movement-cells.ts";

const cellsIn = (cells: Uint8Array): number[] =>
  Array.from({ length: CELL_COUNT }, (_, cell) => cell).filter((cell) => hasCell(cells, cell));

function cellsAt(...points: readonly (readonly [number, number])[]): Uint8Array {
  const cells = noCells();
  for (const point of points) addCell(cells, cellAt(point));
  return cells;
}

const fraction = fc.double({ min: 0, max: 1, noNaN: true });

describe("cells of the picture", () => {
  test("are found again by their centre", () => {
    for (let cell = 0; cell < CELL_COUNT; cell++) expect(cellAt(centreOf(cell))).toBe(cell);
  });

  test("hold every point, also on the edges", () => {
    fc.assert(
      fc.property(fraction, fraction, (x, y) => {
        const cell = cellAt([x, y]);
        expect(cell).toBeGreaterThanOrEqual(0);
        expect(cell).toBeLessThan(CELL_COUNT);
      }),
    );
  });

  test("of a polygon are all that it touches", () => {
    const half = [
      [0, 0],
      [0.5, 0],
      [0.5, 1 / 9],
      [0, 1 / 9],
    ] as const;
    expect(cellsIn(cellsOf(half))).toEqual(expect.arrayContaining([0, 1, 2, 3, 4, 5, 6, 7]));
    const sliver = [
      [0.1, 0.5],
      [0.9, 0.5],
      [0.5, 0.5],
    ] as const;
    expect(cellsIn(cellsOf(sliver)).length).toBeGreaterThanOrEqual(13);
  });

  test("of a polygon hold its corners, whatever they are", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fraction, fraction), { minLength: 3, maxLength: 64 }), (polygon) => {
        const cells = cellsOf(polygon);
        fc.pre(polygon.some(([x, y]) => x !== polygon[0]?.[0] || y !== polygon[0]?.[1]));
        for (const corner of polygon) expect(hasCell(cells, cellAt(corner))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe("both sides of a line", () => {
  const across = placesAlong([
    [0.2, 0.5],
    [0.8, 0.5],
  ]);

  test("are covered by what moved above and below the same place", () => {
    expect(coversBothSides(cellsAt([0.5, 0.4], [0.5, 0.6]), across)).toBe(true);
  });

  test.each([
    ["on one side only", cellsAt([0.5, 0.4], [0.6, 0.4])],
    ["on both sides, but of different places", cellsAt([0.25, 0.4], [0.7, 0.6])],
    ["on both sides, but far from it", cellsAt([0.5, 0.05], [0.5, 0.95])],
    ["beyond its ends", cellsAt([0.05, 0.4], [0.05, 0.6])],
    ["nowhere", noCells()],
  ])("are not covered by what moved %s", (_where, cells) => {
    expect(coversBothSides(cells, across)).toBe(false);
  });

  test("are found for a line at any angle", () => {
    const down = placesAlong([
      [0.5, 0.1],
      [0.5, 0.9],
    ]);
    expect(down[0]?.left && hasCell(down[0].left, cellAt([0.55, 0.1]))).toBe(true);
    expect(coversBothSides(cellsAt([0.44, 0.5], [0.56, 0.5]), down)).toBe(true);
  });
});
