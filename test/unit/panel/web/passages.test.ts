import { expect, test } from "vitest";
import type { Point } from "../../../../src/core/geometry.ts";
import { joinPassages, type Passage, wayOf } from "../../../../src/panel/web/words/passages.ts";

const SECOND = 1_000;
function passage(from: number, to: number, more: Partial<Passage> = {}): Passage {
  const [fromMs, toMs] = [from * SECOND, to * SECOND];
  return { fromMs, toMs, jumpToMs: fromMs - 3_000, isDated: true, ...more };
}

test("who walks, stands and walks on is one passage, with where it ended", () => {
  const found = [passage(0, 12), passage(12, 20, { towards: "left" }), passage(24, 30)];
  expect(joinPassages([], found)).toEqual([passage(0, 30, { towards: "left" })]);
});

test("who comes later is another, and so is what an unset clock dated", () => {
  const found = [passage(0, 5), passage(11, 12), passage(13, 14, { isDated: false })];
  expect(joinPassages([], found)).toEqual(found);
});

test("a page goes on with the last passage of the one before", () => {
  const first = joinPassages([], [passage(0, 5), passage(60, 72)]);
  expect(joinPassages(first, [passage(72, 80), passage(100, 101)])).toEqual([
    passage(0, 5),
    passage(60, 80),
    passage(100, 101),
  ]);
  expect(first).toHaveLength(2);
});

test("who walks on is one passage with one way", () => {
  const from: Point = [0.1, 0.5];
  const [joined] = joinPassages(
    [{ ...passage(0, 5), path: { from, to: [0.4, 0.5] } }],
    [{ ...passage(6, 9), path: { from: [0.4, 0.5], to: [0.8, 0.5] } }],
  );
  expect(joined?.path).toEqual({ from, to: [0.8, 0.5] });
});

test.each([
  [[0.1, 0.5], [0.8, 0.6], "right"],
  [[0.8, 0.5], [0.2, 0.4], "left"],
  [[0.5, 0.2], [0.52, 0.9], "near"],
  [[0.5, 0.9], [0.48, 0.3], "far"],
  [[0.6, 0.62], [0.35, 0.97], "nearLeft"],
  [[0.2, 0.9], [0.5, 0.4], "farRight"],
  [[0.5, 0.5], [0.52, 0.55], undefined],
] as const)("from %s to %s is %s", (from, to, way) => {
  expect(wayOf({ from, to })).toBe(way);
});
