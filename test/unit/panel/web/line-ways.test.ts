import { describe, expect, test } from "vitest";
import { lineWays } from "../../../../src/panel/web/words/line-ways.ts";

const ACROSS = [
  [0.2, 0.5],
  [0.8, 0.5],
] as const;

describe("the arrows over a line", () => {
  test("lead to the side that is the village, as seen by who walks along the line", () => {
    const left = lineWays(ACROSS, "left", 16 / 9);
    expect(left?.in.arrow[0]?.[1]).toBeGreaterThan(0.5);
    expect(left?.in.arrow[1]?.[1]).toBeLessThan(0.5);
    expect(left?.in.label[1]).toBeLessThan(0.5);
    expect(left?.out.arrow[1]?.[1]).toBeGreaterThan(0.5);
    const right = lineWays(ACROSS, "right", 16 / 9);
    expect(right?.in.arrow[1]?.[1]).toBeGreaterThan(0.5);
  });

  test("stand square to the longest piece, in a picture that is wider than high", () => {
    const slanting = [
      [0, 0],
      [0.1, 0],
      [0.6, 1],
    ] as const;
    const [from, tip] = lineWays(slanting, "left", 2)?.in.arrow ?? [];
    const [dx, dy] = [((tip?.[0] ?? 0) - (from?.[0] ?? 0)) * 2, (tip?.[1] ?? 0) - (from?.[1] ?? 0)];
    expect(dx * 0.5 * 2 + dy * 1).toBeCloseTo(0, 6);
  });

  test("are not there before there are two points, and their words stay on the picture", () => {
    expect(lineWays(ACROSS.slice(1), "left", 2)).toBeUndefined();
    const low = ACROSS.map(([x]) => [x, 0.99] as const);
    const ways = lineWays(low, "left", 2);
    expect(ways?.out.label[1]).toBeLessThanOrEqual(0.93);
  });
});
