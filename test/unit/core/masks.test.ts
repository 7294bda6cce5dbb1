import { describe, expect, test } from "vitest";
import type { Polygon } from "../../../src/core/geometry.ts";
import { isLineHidden, isZoneHidden, uncovers } from "../../../src/core/masks.ts";

const across = (left: number, right: number): Polygon => [
  [left, 0],
  [right, 0],
  [right, 1],
  [left, 1],
];

describe("masks that are changed", () => {
  test.each<[string, readonly Polygon[], readonly Polygon[], boolean]>([
    ["show more when one is taken out", [across(0, 0.5)], [], true],
    ["show more when one becomes smaller", [across(0, 0.5)], [across(0, 0.4)], true],
    ["show more when one goes elsewhere", [across(0, 0.5)], [across(0.2, 0.7)], true],
    ["show no more when one becomes larger", [across(0, 0.5)], [across(0, 0.6)], false],
    [
      "show no more when two hide together what one hid",
      [across(0, 0.5)],
      [across(0, 0.3), across(0.2, 0.5)],
      false,
    ],
    ["show no more when there was none", [], [across(0, 0.5)], false],
  ])("%s", (_what, before, after, expected) => {
    expect(uncovers(before, after)).toBe(expected);
  });
});

describe("what lies below masks", () => {
  test("is hidden when nothing of it is seen, by one mask or by several", () => {
    expect(isZoneHidden(across(0.1, 0.4), [across(0, 0.5)])).toBe(true);
    expect(isZoneHidden(across(0.1, 0.4), [across(0, 0.25), across(0.2, 0.5)])).toBe(true);
    expect(isZoneHidden(across(0.1, 0.6), [across(0, 0.5)])).toBe(false);
    expect(isZoneHidden(across(0.1, 0.4), [])).toBe(false);
    expect(isZoneHidden([], [across(0, 1)])).toBe(false);
  });

  test("is hidden of a line likewise", () => {
    const line = [
      [0.1, 0.5],
      [0.4, 0.6],
    ] as const;
    expect(isLineHidden(line, [across(0, 0.5)])).toBe(true);
    expect(isLineHidden(line, [across(0, 0.2), across(0.2, 0.5)])).toBe(true);
    expect(isLineHidden(line, [across(0, 0.3)])).toBe(false);
    expect(isLineHidden([], [across(0, 1)])).toBe(false);
  });
});
