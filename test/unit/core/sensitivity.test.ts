import { describe, expect, test } from "vitest";
import { onDuty } from "../../../src/core/duty.ts";
import { levelAt, sunHeight } from "../../../src/core/sensitivity.ts";
import type { Sensitivity } from "../../../src/core/site.ts";

const ZHUZHOU = [113.13, 27.83] as const;
const site = { timezone: "Asia/Shanghai", location: ZHUZHOU, clockSynced: true };
const at = (local: string): number => Date.parse(`${local}:00+08:00`);

describe("the sun", () => {
  // On the equator at an equinox it stands overhead at noon; at the tropic at the solstice too.
  test.each<[string, string, readonly [number, number], number, number]>([
    ["overhead on the equator at the equinox", "2026-03-20T12:07:30Z", [0, 0], 89, 90],
    ["overhead on the tropic at the solstice", "2026-06-21T12:02:00Z", [0, 23.43], 89, 90],
    [
      "as low at the pole at the solstice as the earth's axis is tilted",
      "2026-12-21T12:00:00Z",
      [0, 90],
      -23.6,
      -23.3,
    ],
    ["on the horizon a quarter of a day later", "2026-03-20T18:07:30Z", [0, 0], -1, 1],
  ])("stands %s", (_, time, place, least, most) => {
    const height = sunHeight(Date.parse(time), place);
    expect(height).toBeGreaterThanOrEqual(least);
    expect(height).toBeLessThanOrEqual(most);
  });
});

describe("sensitivity", () => {
  const split: Sensitivity = { day: "low", night: "high" };
  test.each<[string, Sensitivity | undefined, string, Partial<typeof site>, string]>([
    ["is normal unless the rule says otherwise", undefined, "2026-07-01T12:00", {}, "normal"],
    ["is that of the day at noon", split, "2026-07-01T12:00", {}, "low"],
    ["is that of the day in a summer evening", split, "2026-07-01T19:00", {}, "low"],
    ["is that of the night in a winter evening", split, "2026-12-21T19:00", {}, "high"],
    ["is that of the night at midnight", split, "2026-07-01T00:00", {}, "high"],
    [
      "keeps to the hours it was given",
      { ...split, dayHours: { fromMinute: 0, toMinute: 60 } },
      "2026-07-01T12:00",
      {},
      "high",
    ],
    [
      "is the greater where the clock may be wrong",
      split,
      "2026-07-01T12:00",
      { clockSynced: false },
      "high",
    ],
  ])("%s", (_, given, local, change, expected) => {
    expect(levelAt(given, at(local), { ...site, ...change })).toBe(expected);
  });
});

describe("the roster", () => {
  const window = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 480, toMinute: 1200 };
  const roster = [
    { name: "值班员", phone: "100 0000", when: window },
    { name: "夜班值班员", phone: "100 0001", when: { ...window, fromMinute: 1200, toMinute: 480 } },
    { name: "值班员", phone: "100 0000", when: window },
  ];

  test("names who is to be called, once", () => {
    expect(onDuty(roster, at("2026-07-01T12:00"), "Asia/Shanghai")).toEqual([
      { name: "值班员", phone: "100 0000" },
    ]);
    expect(onDuty(roster, at("2026-07-01T02:00"), "Asia/Shanghai")).toEqual([
      { name: "夜班值班员", phone: "100 0001" },
    ]);
  });
});
