import fc from "fast-check";
import { expect, test } from "vitest";
import { grownBetween } from "../../../src/core/growth.ts";

test.each([
  ["it grew", 12.4, 13, 0.6],
  ["nothing came", 12.4, 12.4, 0],
  ["it was switched off and counts from 0", 12.4, 0.2, 0.2],
  ["it began again at midnight", 48, 0, 0],
  ["it went over its end", 6553.4, 0.2, 0.4],
  ["it went over its end in a storm", 6500, 100, 153.6],
  ["it was switched off near its end: so much never falls between two readings", 6400, 100, 100],
])("a counter of 16 bits of a tenth: %s", (_what, before, after, grown) => {
  expect(grownBetween(before, after, { since: "power-up", wrapsAt: 6553.6 })).toBeCloseTo(grown, 6);
});

test("a counter without an end that is known was switched off, whatever it showed", () => {
  expect(grownBetween(6553.4, 0.2, { since: "power-up" })).toBe(0.2);
});

test("growth is never less than nothing", () => {
  const total = fc.double({ min: 0, max: 6553.5, noNaN: true });
  fc.assert(
    fc.property(total, total, (before, after) => {
      expect(grownBetween(before, after, { since: "ever", wrapsAt: 6553.6 })).toBeGreaterThanOrEqual(0);
    }),
  );
});
