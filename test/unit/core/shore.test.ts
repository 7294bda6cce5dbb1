import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Point } from "../../../src/core/geometry.ts";
import { edgeAt, findShore, onBank, type Shore, waterlineAt } from "../../../src/core/shore.ts";
import type { WaterMark } from "../../../src/core/site.ts";
import { anyMarks, HIGH, LOW, straight } from "./banks.ts";

function shoreOf(marks: readonly WaterMark[]): Shore {
  const { shore, fault } = findShore(marks);
  if (!shore) throw new Error(`no shore: ${fault.kind}`);
  return shore;
}

const rounded = (line: readonly Point[]) =>
  line.map((point) => point.map((value) => Number(value.toFixed(6))));

describe("the water's edge", () => {
  test.each([
    ["at a measured level is the line of that level", 2, 0.8],
    ["halfway between two levels is halfway between their lines", 2.5, 0.7],
    ["a tenth above a level is a tenth of the way up", 2.1, 0.78],
    ["below the lowest level stays at the lowest line", -4, 0.8],
    ["above the highest level stays at the highest line", 9, 0.6],
    ["at a level that is no number is the highest line", Number.NaN, 0.6],
  ])("%s", (_what, level, y) => {
    expect(rounded(waterlineAt(shoreOf([HIGH, LOW]), level))).toEqual([
      [0.05, y],
      [0.95, y],
    ]);
  });

  test("does not depend on the end from which a line was drawn, nor on the order of the lines", () => {
    const reversed = { ...HIGH, line: [...HIGH.line].reverse() };
    const expected = rounded(waterlineAt(shoreOf([LOW, HIGH]), 2.3));
    expect(rounded(waterlineAt(shoreOf([reversed, LOW]), 2.3))).toEqual(expected);
  });

  test("may rise downwards in the picture, as on the far bank", () => {
    const shore = shoreOf([straight(2, 0.3), straight(3, 0.5)]);
    expect(rounded([shore.up])).toEqual([[0, 1]]);
  });

  test("at a wall is one line at all levels that it has in common with the bank beside it", () => {
    const wall: WaterMark = {
      level: 2,
      line: [
        [0, 0.8],
        [0.5, 0.8],
        [1, 0.9],
      ],
    };
    const above: WaterMark = {
      level: 3,
      line: [
        [0, 0.6],
        [0.5, 0.808],
        [1, 0.9],
      ],
    };
    const [low, high] = [2, 3].map((level) => edgeAt(shoreOf([wall, above]), level)) as [number[], number[]];
    expect(high.every((height, i) => height >= (low[i] as number))).toBe(true);
  });

  test("lies between the two lines on both sides of its level", () => {
    fc.assert(
      fc.property(anyMarks, fc.double({ min: -1, max: 4, noNaN: true }), ({ marks }, level) => {
        const shore = shoreOf(marks);
        const below = Math.max(0, Math.min(marks.length - 1, Math.floor(level)));
        const above = Math.max(0, Math.min(marks.length - 1, Math.ceil(level)));
        const [low, edge, high] = [below, level, above].map((each) => edgeAt(shore, each));
        edge?.forEach((height, i) => {
          expect(height).toBeGreaterThanOrEqual((low?.[i] ?? 0) - 1e-9);
          expect(height).toBeLessThanOrEqual((high?.[i] ?? 0) + 1e-9);
        });
      }),
    );
  });

  test("goes along the bank without turning back, and stays in the picture", () => {
    fc.assert(
      fc.property(anyMarks, fc.double({ min: -1, max: 4, noNaN: true }), ({ marks }, level) => {
        const shore = shoreOf(marks);
        const line = waterlineAt(shore, level);
        expect(line.length).toBeGreaterThanOrEqual(2);
        const places = line.map((point) => onBank(shore, point)[0]);
        for (const [i, place] of places.entries())
          if (i > 0) expect(place).toBeGreaterThan(places[i - 1] as number);
        for (const value of line.flat()) expect(value >= 0 && value <= 1).toBe(true);
      }),
    );
  });
});

describe("waterlines are refused", () => {
  const line = (...points: Point[]) => points;
  test.each<[string, readonly WaterMark[], string, readonly number[]]>([
    ["when there is none", [], "levels", []],
    ["when there is one", [LOW], "levels", []],
    ["at the same level twice", [HIGH, LOW, { ...HIGH, level: 2 }], "same-level", [1, 2]],
    ["of one point", [{ level: 1, line: line([0.5, 0.5]) }, LOW], "short", [0]],
    ["of no point", [LOW, { level: 1, line: [] }], "short", [1]],
    ["that lead nowhere", [LOW, { level: 3, line: line([0.5, 0.5], [0.51, 0.5]) }], "short", [1]],
    ["outside of the picture", [LOW, { level: 3, line: line([0, 0.5], [1.1, 0.5]) }], "outside", [1]],
    ["of what is no number", [LOW, { level: 3, line: line([0, 0.5], [Number.NaN, 0.5]) }], "outside", [1]],
    [
      "that cross themselves",
      [LOW, { level: 3, line: line([0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.4, 0.9]) }],
      "crosses",
      [1],
    ],
    [
      "that turn back along the bank",
      [LOW, { level: 3, line: line([0.1, 0.5], [0.9, 0.5], [0.95, 0.4], [0.2, 0.3]) }],
      "turns",
      [1],
    ],
    [
      "that lie on different stretches",
      [
        { level: 2, line: line([0, 0.8], [0.4, 0.8]) },
        { level: 3, line: line([0.5, 0.6], [1, 0.6]) },
      ],
      "apart",
      [],
    ],
    ["that are the same line", [LOW, { ...LOW, level: 3 }], "no-rise", []],
    [
      "that cross each other",
      [
        { level: 2, line: line([0, 0.8], [1, 0.6]) },
        { level: 3, line: line([0, 0.5], [1, 0.7]) },
      ],
      "order",
      [0, 1],
    ],
    ["out of order", [straight(2, 0.8), straight(2.5, 0.5), straight(3, 0.6)], "order", [1, 2]],
    ["square to each other", [LOW, { level: 3, line: line([0.5, 0], [0.52, 1]) }], "order", [0, 1]],
  ])("%s", (_what, marks, kind, at) => {
    expect(findShore(marks).fault).toEqual({ kind, at });
  });

  test("or read, whatever is given", () => {
    const anyPoint = fc.tuple(fc.double(), fc.double());
    const anyMark = fc.record({ level: fc.double(), line: fc.array(anyPoint, { maxLength: 5 }) });
    fc.assert(
      fc.property(fc.array(anyMark, { maxLength: 4 }), (marks) => {
        const { shore, fault } = findShore(marks);
        expect(shore === undefined).toBe(fault !== undefined);
      }),
    );
  });
});
