import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Box, Polyline } from "../../../src/core/geometry.ts";
import { crossingsOf, figure, together, walk } from "./crossing-scenes.ts";

const each = (boxes: readonly Box[]): Box[][] => boxes.map((box) => [box]);
const nobody = (looks: number): Box[][] => Array.from({ length: looks }, () => []);

// The line is drawn from left to right across the picture: its left is above, which is the village.
const SCENES: readonly (readonly [what: string, scene: Box[][], directions: string[]])[] = [
  ["one who walks up over it comes in", each(walk([0.5, 0.9], [0.5, 0.4], 15)), ["in"]],
  ["one who walks down over it goes out", each(walk([0.5, 0.4], [0.5, 0.9], 15)), ["out"]],
  ["one far away, 8 % of the picture high", each(walk([0.5, 0.66], [0.5, 0.54], 25, 0.08)), ["in"]],
  ["one who walks along it", each(walk([0.1, 0.63], [0.9, 0.63], 30)), []],
  ["one whose feet stand on it", each(walk([0.5, 0.6], [0.5, 0.6], 30)), []],
  [
    "a dog that turns around on it, ten times",
    each(Array.from({ length: 40 }, (_, i) => figure(0.5, 0.6 + 0.03 * Math.cos(i * 1.6), 0.15, 0.15))),
    [],
  ],
  [
    "one who comes in and goes out again",
    each([...walk([0.5, 0.9], [0.5, 0.4], 15), ...walk([0.5, 0.4], [0.5, 0.9], 15)]),
    ["in", "out"],
  ],
  [
    "one who stops on it for a minute and walks on",
    each([
      ...walk([0.5, 0.9], [0.5, 0.61], 10),
      ...walk([0.5, 0.61], [0.5, 0.61], 300),
      ...walk([0.5, 0.61], [0.5, 0.4], 8),
    ]),
    ["in"],
  ],
  [
    "two who pass each other on it",
    together(walk([0.45, 0.95], [0.45, 0.35], 21), walk([0.48, 0.35], [0.48, 0.95], 21)),
    ["in", "out"],
  ],
  [
    "two who walk in side by side, apart",
    together(walk([0.3, 0.9], [0.3, 0.4], 15), walk([0.6, 0.92], [0.6, 0.42], 15)),
    ["in", "in"],
  ],
  [
    "one who is behind a post for a second, on the line",
    [...each(walk([0.5, 0.9], [0.5, 0.65], 9)), ...nobody(4), ...each(walk([0.5, 0.5], [0.5, 0.35], 6))],
    ["in"],
  ],
  [
    "a car that is seen three times, its length a look",
    each(walk([0.5, 0.95], [0.5, 0.45], 3, 0.25, 0.3)),
    ["in"],
  ],
  [
    "a car that is seen twice and is over it on the second look",
    each(walk([0.5, 0.8], [0.5, 0.45], 2, 0.3, 0.3)),
    ["in"],
  ],
  [
    "one who comes into view on it, and was never seen before it",
    each(walk([0.5, 0.59], [0.5, 0.3], 10)),
    [],
  ],
  ["a flash on each side of it", [[figure(0.5, 0.8)], ...nobody(2), [figure(0.5, 0.4)]], []],
];

describe("a line", () => {
  test.each(SCENES)("%s", (_what, scene, directions) => {
    expect(crossingsOf(scene).sort()).toEqual(directions);
  });

  test("is crossed at key frames only by who is slow enough to be followed", () => {
    expect(crossingsOf(each(walk([0.5, 0.95], [0.5, 0.35], 5)), { lookMs: 800 })).toEqual(["in"]);
  });

  test("is not crossed by who walks around its end", () => {
    const short: Polyline = [
      [0.4, 0.6],
      [0.6, 0.6],
    ];
    expect(crossingsOf(each(walk([0.8, 0.9], [0.8, 0.3], 15)), { line: short })).toEqual([]);
    expect(crossingsOf(each(walk([0.5, 0.9], [0.5, 0.3], 15)), { line: short })).toEqual(["in"]);
  });

  test("counts once where it has a corner, on whichever side of it one passes, or through it", () => {
    const corner: Polyline = [
      [0.2, 0.5],
      [0.5, 0.7],
      [0.8, 0.5],
    ];
    for (const x of [0.4, 0.5, 0.6]) {
      expect(crossingsOf(each(walk([x, 0.95], [x, 0.3], 20)), { line: corner })).toEqual(["in"]);
    }
  });

  test("has as many coming in as going out, but for one, for anybody who walks about", () => {
    const place = fc.tuple(
      fc.double({ min: 0.1, max: 0.9, noNaN: true }),
      fc.double({ min: 0.35, max: 1, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(place, { minLength: 2, maxLength: 12 }), (places) => {
        const way = places.slice(1).flatMap((to, index) => walk(places[index] ?? to, to, 12));
        const directions = crossingsOf(each(way));
        directions.forEach((direction, index) => {
          if (index > 0) expect(direction).not.toBe(directions[index - 1]);
        });
      }),
    );
  });
});
