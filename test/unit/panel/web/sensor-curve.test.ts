import { describe, expect, test } from "vitest";
import type { CurvePart } from "../../../../src/core/stores.ts";
import { isoTime } from "../../../../src/core/time.ts";
import { floodSeason, gapsOf, linesOf, withHoles } from "../../../../src/panel/web/words/sensor-curve.ts";

const ZONE = "Asia/Shanghai";
const HOUR_MS = 3_600_000;

function part(hour: number, change: Partial<CurvePart> = {}): CurvePart {
  const at = { from: isoTime(hour * HOUR_MS), to: isoTime((hour + 1) * HOUR_MS) };
  return { ...at, low: 1, high: 2, mean: 1.5, lost: 0, invalid: 0, ...change };
}
const nothing = { low: null, high: null, mean: null };
const hours = (from: number, to: number) => ({ fromMs: from * HOUR_MS, toMs: to * HOUR_MS });

describe("the flood season", () => {
  test.each([
    ["2026-07-15T04:00:00Z", "2026-03-31T16:00:00.000Z", "2026-07-15T04:00:00.000Z"],
    ["2026-11-29T04:00:00Z", "2026-03-31T16:00:00.000Z", "2026-09-30T16:00:00.000Z"],
    ["2027-02-01T04:00:00Z", "2026-03-31T16:00:00.000Z", "2026-09-30T16:00:00.000Z"],
  ])("seen on %s is from %s to %s", (now, from, to) => {
    const { fromMs, toMs } = floodSeason(Date.parse(now), ZONE);
    expect([isoTime(fromMs), isoTime(toMs)]).toEqual([from, to]);
  });
});

describe("times without readings", () => {
  test("are told by why, joined, and not where something was read", () => {
    const parts = [
      part(0),
      part(1, { ...nothing, lost: 5 }),
      part(2, { ...nothing, lost: 4, invalid: 1 }),
      part(3, { ...nothing, invalid: 9 }),
      part(4, { lost: 3 }),
      part(7),
    ];
    expect(gapsOf(withHoles(parts, hours(0, 8)))).toEqual([
      { ...hours(1, 3), kind: "lost" },
      { ...hours(3, 4), kind: "invalid" },
      { ...hours(5, 7), kind: "silent" },
    ]);
  });

  test("begin where nothing was there yet, and last to the end where nothing comes any more", () => {
    expect(gapsOf(withHoles([part(2), part(3)], hours(0, 9)))).toEqual([
      { ...hours(0, 2), kind: "silent" },
      { ...hours(4, 9), kind: "silent" },
    ]);
    expect(gapsOf(withHoles([], hours(0, 9)))).toEqual([{ ...hours(0, 9), kind: "silent" }]);
    // The last reading is always a little ago.
    expect(gapsOf(withHoles([part(7)], { ...hours(7, 8), toMs: 8.5 * HOUR_MS }))).toEqual([]);
  });
});

test("a sensor that is read more seldom than a plot has parts has no holes for it", () => {
  const parts = [0, 2, 4, 5, 7, 9].map((hour) =>
    part(hour, hour === 5 || hour === 7 ? { ...nothing, lost: 1 } : {}),
  );
  expect(gapsOf(withHoles(parts, hours(0, 10)))).toEqual([{ ...hours(5, 9), kind: "lost" }]);
});

test("the lines of a plot are the levels at which rules act, the lowest first", () => {
  const level = (sensor: string, above: number) => ({
    kind: "level" as const,
    ...{ sensor, above, clearBelow: above - 1, holdSeconds: 0 },
  });
  const rules = [
    { name: "很高", when: level("pond", 4) },
    { name: "高", when: level("pond", 3) },
    { name: "水库", when: level("dam", 9) },
    { name: "求助", when: { kind: "contact" as const, input: "sos", closed: true } },
  ];
  expect(linesOf("pond", rules)).toEqual([
    { name: "高", value: 3 },
    { name: "很高", value: 4 },
  ]);
});
