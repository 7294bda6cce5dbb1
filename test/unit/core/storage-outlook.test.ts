import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RecordPlan } from "../../../src/core/site.ts";
import {
  type Demand,
  daysHeld,
  estimatedBytesPerDay,
  reserveBytes,
  roundDays,
} from "../../../src/core/storage-outlook.ts";

const GB = 1e9;
const demand = (gigabytesPerDay: number, days = 30, maxGigabytes = Number.POSITIVE_INFINITY): Demand => ({
  bytesPerDay: gigabytesPerDay * GB,
  days,
  maxBytes: maxGigabytes * GB,
});
const PLAN: RecordPlan = {
  mode: "continuous",
  schedule: { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 },
  keep: { days: 30 },
  segmentSeconds: 300,
  beforeSeconds: 10,
  afterSeconds: 30,
  expectedKbps: 4000,
};

describe("the days that a disk holds", () => {
  test.each<[string, Demand[], number, number | undefined]>([
    ["are those asked for where there is room", [demand(10), demand(10)], 1000, 30],
    ["are fewer where there is not", [demand(10), demand(10)], 240, 12],
    ["are shared: who writes more takes more of the same days", [demand(30), demand(10)], 40, 1],
    ["are those of the camera that keeps fewest", [demand(10, 30), demand(10, 7)], 1000, 7],
    ["are cut by a limit in bytes", [demand(10, 30, 50)], 1000, 5],
    ["leave to others what a limit in bytes saves", [demand(10, 30, 10), demand(10)], 110, 1],
    ["are none on a full disk", [demand(10)], 0, 0],
    ["are not asked for when nothing is recorded", [demand(0)], 100, undefined],
    ["are not asked for without cameras", [], 100, undefined],
  ])("%s", (_what, demands, gigabytes, expected) => {
    const days = daysHeld(demands, gigabytes * GB);
    if (expected === undefined) expect(days).toBeUndefined();
    else expect(days).toBeCloseTo(expected, 6);
  });

  test("never need more than there is, nor promise more than was asked for", () => {
    const demands = fc.array(
      fc.record({
        bytesPerDay: fc.double({ min: 1, max: 1e12, noNaN: true }),
        days: fc.double({ min: 0.01, max: 3650, noNaN: true }),
        maxBytes: fc.double({ min: 1e6, max: 1e13, noNaN: true }),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(demands, fc.double({ min: 0, max: 1e14, noNaN: true }), (asked, available) => {
        const days = daysHeld(asked, available) ?? -1;
        expect(days).toBeGreaterThanOrEqual(0);
        const used = asked.reduce((sum, one) => sum + Math.min(one.bytesPerDay * days, one.maxBytes), 0);
        expect(used).toBeLessThanOrEqual(available + 1);
        for (const one of asked) expect(days).toBeLessThanOrEqual(one.days);
      }),
    );
  });

  test.each([
    [31.97, 31],
    [12.0, 12],
    [9.99, 9.9],
    [0.34, 0.3],
    [0, 0],
  ])("are told as no more than they are: %s as %s", (days, told) => {
    expect(roundDays(days)).toBe(told);
  });
});

describe("before anything was measured", () => {
  test.each<[string, Partial<RecordPlan>, number]>([
    ["a camera writes at the bit rate configured", {}, 43.2],
    [
      "for the hours of its schedule",
      { schedule: { ...PLAN.schedule, fromMinute: 1080, toMinute: 360 } },
      21.6,
    ],
    ["on events for a fifth of them", { mode: "events" }, 8.64],
    ["and nothing when it is off", { mode: "off" }, 0],
  ])("%s", (_what, change, gigabytes) => {
    expect(estimatedBytesPerDay({ ...PLAN, ...change }) / GB).toBeCloseTo(gigabytes, 6);
  });
});

test("the reserve is the larger of a share and an amount", () => {
  expect(reserveBytes({ keepFreeBytes: 1 * GB, reservePercent: 5 }, 32 * GB)).toBe(1.6 * GB);
  expect(reserveBytes({ keepFreeBytes: 1 * GB, reservePercent: 5 }, 8 * GB)).toBe(1 * GB);
});
