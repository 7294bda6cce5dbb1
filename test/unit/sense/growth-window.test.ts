import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Accumulation, grownBetween } from "../../../src/core/growth.ts";
import {
  afterCount,
  continuedBy,
  type GrowthWindow,
  growthSums,
  UNKNOWN_GROWTH,
} from "../../../src/sense/growth-window.ts";

const GAUGE: Accumulation = { since: "power-up", wrapsAt: 6553.6 };
const MINUTE_MS = 60_000;

/** @param readings minutes and the gauge's total. */
function counted(readings: readonly (readonly [minutes: number, total: number])[]): GrowthWindow {
  return readings.reduce(
    (window, [minutes, total]) => afterCount(window, { value: total, atMs: minutes * MINUTE_MS }, GAUGE),
    UNKNOWN_GROWTH,
  );
}

const sums = (readings: Parameters<typeof counted>[0], minutes: number) =>
  growthSums(counted(readings), minutes * MINUTE_MS);

describe("what came in the last hours", () => {
  test("is nothing from the first reading alone: nobody knows when it came", () => {
    expect(sums([[0, 250]], 1)).toEqual({ 1: 0, 3: 0, 6: 0, 12: 0, 24: 0 });
  });

  test("is told for each of the hours, and goes when they are over", () => {
    const rain = [
      [0, 0],
      [1, 10],
      [120, 10],
      [121, 15],
    ] as const;
    expect(sums(rain, 121)).toEqual({ 1: 5, 3: 15, 6: 15, 12: 15, 24: 15 });
    expect(sums(rain, 121 + 60)).toMatchObject({ 1: 0, 3: 5, 24: 15 });
    expect(sums([...rain, [1_700, 15]], 1_700)).toMatchObject({ 24: 0 });
  });

  test("counts from zero when the gauge was switched off in between", () => {
    const rain = [
      [0, 30],
      [1, 31],
      [2, 0.4],
      [3, 0.6],
    ] as const;
    expect(sums(rain, 3)[1]).toBeCloseTo(1.6);
  });

  test("takes what came while nobody read as if it had come evenly: no alarm for the last minute of a long silence", () => {
    const rain = [
      [0, 0],
      [600, 80],
    ] as const;
    expect(sums(rain, 600)).toEqual({ 1: 8, 3: 24, 6: 48, 12: 80, 24: 80 });
  });

  test("goes on from what was found out later, with what came between", () => {
    const before = counted([
      [0, 100],
      [10, 104],
    ]);
    const since = counted([
      [60, 105],
      [70, 105.5],
      [80, 106],
    ]);
    const first = { value: 105, atMs: 60 * MINUTE_MS };
    const found = continuedBy(before, { first, since }, GAUGE);
    expect(growthSums(found, 80 * MINUTE_MS)).toMatchObject({ 1: 1.8, 3: 6 });
    expect(growthSums(continuedBy(UNKNOWN_GROWTH, { first, since }, GAUGE), 80 * MINUTE_MS)[24]).toBe(1);
    expect(afterCount(found, { value: 106.2, atMs: 90 * MINUTE_MS }, GAUGE).last?.value).toBe(106.2);
  });

  test("is kept in no more pieces than a day has minutes, however often and however unevenly it tips", () => {
    let window = UNKNOWN_GROWTH;
    for (let second = 0; second < 86_400; second += 1) {
      // Each third second one that tips a tenth: between two that grew stands one that did not.
      const count = { value: Math.floor(second / 3) / 10, atMs: second * 1000 };
      window = afterCount(window, count, GAUGE);
    }
    expect(window.pieces.length).toBeLessThanOrEqual(24 * 60);
    expect(growthSums(window, 86_399_000)[24]).toBeCloseTo(2879.9);
  });

  test("is all that came in a day, and never more in fewer hours", () => {
    const reading = fc.tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 300 }));
    fc.assert(
      fc.property(fc.array(reading, { minLength: 1, maxLength: 60 }), (steps) => {
        let [minutes, raw] = [0, 65_000];
        const readings = steps.map(([later, tenths]) => {
          minutes += later;
          raw = (raw + tenths) % 65_536;
          return [minutes, raw / 10] as const;
        });
        const found = sums(readings, minutes);
        const total = readings
          .slice(1)
          .reduce((sum, [, now], index) => sum + grownBetween(readings[index]?.[1] ?? 0, now, GAUGE), 0);
        expect(found[24]).toBeCloseTo(total, 2);
        const ordered = [found[1], found[3], found[6], found[12], found[24]];
        expect([...ordered].sort((a, b) => a - b)).toEqual(ordered);
      }),
    );
  });
});
