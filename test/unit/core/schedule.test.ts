import { describe, expect, test } from "vitest";
import { isAlways, isWithin, nextStart } from "../../../src/core/schedule.ts";
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

describe("the next beginning", () => {
  const ALWAYS_ON: Schedule = { days: ALL, fromMinute: 0, toMinute: 1440 };
  const DAY: Schedule = { days: ALL, fromMinute: minute("06:00"), toMinute: minute("18:00") };
  const SUMMER = { from: 501, to: 930 };

  test.each<[string, Schedule, string, string | undefined]>([
    ["later today", DAY, "2026-07-01T05:59", "2026-07-01T06:00"],
    ["tomorrow", DAY, "2026-07-01T18:00", "2026-07-02T06:00"],
    ["tomorrow, from the very minute in which it began", DAY, "2026-07-01T06:00", "2026-07-02T06:00"],
    ["on the day of the week", { ...DAY, days: [1] }, "2026-07-01T12:00", "2026-07-06T06:00"],
    ["in the season", { ...DAY, season: SUMMER }, "2026-11-30T12:00", "2027-05-01T06:00"],
    [
      "over the end of a year",
      { ...DAY, season: { from: 1201, to: 131 } },
      "2026-11-30T12:00",
      "2026-12-01T06:00",
    ],
    [
      "of whichever window is first",
      { ...DAY, also: [{ days: ALL, fromMinute: minute("20:00"), toMinute: minute("22:00") }] },
      "2026-07-01T19:00",
      "2026-07-01T20:00",
    ],
    [
      "of a night",
      { days: [3], fromMinute: minute("22:00"), toMinute: minute("06:00") },
      "2026-07-02T05:00",
      "2026-07-08T22:00",
    ],
    ["never, without a day", { ...DAY, days: [] }, "2026-07-01T12:00", undefined],
    ["at midnight", ALWAYS_ON, "2026-07-01T12:00", "2026-07-02T00:00"],
  ])("is %s", (_what, schedule, at, expected) => {
    const inShanghai = (time: string): number => Date.parse(`${time}:00+08:00`);
    const found = nextStart(schedule, inShanghai(at) + 30_000, "Asia/Shanghai");
    expect(found).toBe(expected === undefined ? undefined : inShanghai(expected));
    if (found !== undefined) expect(isWithin(schedule, found, "Asia/Shanghai")).toBe(true);
  });

  test.each<[string, Schedule, boolean]>([
    ["every day, all day", ALWAYS_ON, true],
    ["from one time to the same", { ...DAY, toMinute: DAY.fromMinute }, true],
    ["beside a shorter window", { ...DAY, also: [ALWAYS_ON] }, true],
    ["by day", DAY, false],
    ["in summer", { ...ALWAYS_ON, season: SUMMER }, false],
    ["on workdays", { ...ALWAYS_ON, days: [1, 2, 3, 4, 5] }, false],
  ])("what holds %s holds always: %s", (_what, schedule, always) => {
    expect(isAlways(schedule)).toBe(always);
  });
});
