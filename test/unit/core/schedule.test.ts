import { describe, expect, test } from "vitest";
import { isWithin } from "../../../src/core/schedule.ts";
import type { Schedule } from "../../../src/core/site.ts";

const ALL = [1, 2, 3, 4, 5, 6, 7];
const minute = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));

/** Days, from, to, then local times in Shanghai (2026-07-01 is a Wednesday) and whether they are within. */
const TABLE: readonly (readonly [readonly number[], string, string, Readonly<Record<string, boolean>>])[] = [
  [ALL, "00:00", "24:00", { "2026-07-01T00:00": true, "2026-07-01T23:59": true }],
  [
    ALL,
    "08:00",
    "18:00",
    {
      "2026-07-01T07:59": false,
      "2026-07-01T08:00": true,
      "2026-07-01T17:59": true,
      "2026-07-01T18:00": false,
    },
  ],
  [[3], "08:00", "18:00", { "2026-06-30T12:00": false, "2026-07-01T12:00": true, "2026-07-02T12:00": false }],
  // Over midnight: the small hours belong to the day on which it began.
  [
    [3],
    "22:00",
    "06:00",
    {
      "2026-07-01T05:59": false,
      "2026-07-01T21:59": false,
      "2026-07-01T22:00": true,
      "2026-07-01T23:59": true,
      "2026-07-02T00:00": true,
      "2026-07-02T05:59": true,
      "2026-07-02T06:00": false,
      "2026-07-02T22:00": false,
    },
  ],
  // From Sunday into Monday.
  [
    [7],
    "22:00",
    "06:00",
    {
      "2026-07-05T23:00": true,
      "2026-07-06T05:00": true,
      "2026-07-06T22:00": false,
      "2026-07-05T05:00": false,
    },
  ],
  [ALL, "22:00", "00:00", { "2026-07-01T23:59": true, "2026-07-02T00:00": false }],
  [ALL, "24:00", "06:00", { "2026-07-01T23:59": false, "2026-07-02T00:00": true, "2026-07-02T06:00": false }],
  // The same time twice is a whole day from then on.
  [
    [3],
    "08:00",
    "08:00",
    {
      "2026-07-01T07:59": false,
      "2026-07-01T08:00": true,
      "2026-07-02T07:59": true,
      "2026-07-02T08:00": false,
    },
  ],
];

describe.each(TABLE)("days %j from %s to %s", (days, from, to, times) => {
  test.each(Object.entries(times))("at %s: %s", (local, expected) => {
    const schedule = { days, fromMinute: minute(from), toMinute: minute(to) };
    expect(isWithin(schedule, Date.parse(`${local}:00+08:00`), "Asia/Shanghai")).toBe(expected);
  });
});

test("the hours are those of the site, wherever the box stands", () => {
  const morning = { days: ALL, fromMinute: 6 * 60, toMinute: 12 * 60 };
  const wallMs = Date.parse("2026-07-01T02:00:00Z");
  expect(isWithin(morning, wallMs, "Asia/Shanghai")).toBe(true);
  expect(isWithin(morning, wallMs, "Asia/Urumqi")).toBe(true);
  expect(isWithin(morning, wallMs, "UTC")).toBe(false);
});

describe("a season", () => {
  const afternoon = { days: ALL, fromMinute: minute("12:00"), toMinute: minute("19:00") };
  const night = { days: ALL, fromMinute: minute("22:00"), toMinute: minute("05:00") };
  const at = (local: string): number => Date.parse(`${local}:00+08:00`);

  test.each<[string, Schedule, string, boolean]>([
    ["begins on its first day", { ...afternoon, season: { from: 701, to: 831 } }, "2026-07-01T12:00", true],
    ["not the day before", { ...afternoon, season: { from: 701, to: 831 } }, "2026-06-30T12:00", false],
    ["ends with its last day", { ...afternoon, season: { from: 701, to: 831 } }, "2026-08-31T18:59", true],
    ["not the day after", { ...afternoon, season: { from: 701, to: 831 } }, "2026-09-01T12:00", false],
    ["keeps to its hours", { ...afternoon, season: { from: 701, to: 831 } }, "2026-07-15T19:00", false],
    ["runs over new year", { ...afternoon, season: { from: 1201, to: 228 } }, "2027-01-01T12:00", true],
    ["and ends after it", { ...afternoon, season: { from: 1201, to: 228 } }, "2027-03-01T12:00", false],
    [
      "ends with the night of its last day",
      { ...night, season: { from: 701, to: 831 } },
      "2026-09-01T04:59",
      true,
    ],
    [
      "has no small hours before it began",
      { ...night, season: { from: 701, to: 831 } },
      "2026-07-01T04:59",
      false,
    ],
    [
      "of a leap day begins a day later in other years",
      { ...afternoon, season: { from: 229, to: 301 } },
      "2026-03-01T12:00",
      true,
    ],
    [
      "is one of several windows",
      { ...afternoon, season: { from: 701, to: 831 }, also: [night] },
      "2026-11-01T23:00",
      true,
    ],
    [
      "leaves gaps between the windows",
      { ...afternoon, season: { from: 701, to: 831 }, also: [night] },
      "2026-11-01T13:00",
      false,
    ],
  ])("%s", (_, schedule, local, expected) => {
    expect(isWithin(schedule, at(local), "Asia/Shanghai")).toBe(expected);
  });
});
