import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  dayWithin,
  lastEvening,
  spanOfDay,
  timeOfWall,
  wallDay,
  wallTime,
} from "../../../../src/panel/web/words/village-time.ts";

const CHINA = "Asia/Shanghai";
const BERLIN = "Europe/Berlin";
const at = (iso: string): number => Date.parse(iso);
const HOUR_MS = 3_600_000;

describe("dates and times in the fields of the page", () => {
  test("are those of the village's clock", () => {
    expect(wallTime(at("2026-07-01T16:30:00Z"), CHINA)).toBe("2026-07-02T00:30");
    expect(wallDay(at("2026-07-01T15:59:59Z"), CHINA)).toBe("2026-07-01");
    expect(timeOfWall("2026-07-02T00:30", CHINA)).toBe(at("2026-07-01T16:30:00Z"));
  });

  test.each(["", "yesterday", "2026-13-01T00:00", "2026-07-01T"])("'%s' is no time", (text) => {
    expect(timeOfWall(text, CHINA)).toBeUndefined();
    expect(spanOfDay(text, CHINA)).toBeUndefined();
  });

  test("come back as they were, whatever the zone", () => {
    const range = { min: at("2020-01-01T00:00:00Z"), max: at("2035-01-01T00:00:00Z") };
    fc.assert(
      fc.property(fc.integer(range), fc.constantFrom(CHINA, BERLIN, "Asia/Kathmandu", "UTC"), (ms, zone) => {
        const text = wallTime(ms, zone);
        expect(wallTime(timeOfWall(text, zone) ?? 0, zone)).toBe(text);
      }),
    );
  });

  test("a day goes from midnight to midnight, also when the clocks are changed", () => {
    expect(spanOfDay("2026-07-01", CHINA)).toEqual({
      fromMs: at("2026-06-30T16:00:00Z"),
      toMs: at("2026-07-01T16:00:00Z"),
    });
    const hours = (day: string): number => {
      const { fromMs = 0, toMs = 0 } = spanOfDay(day, BERLIN) ?? {};
      return (toMs - fromMs) / HOUR_MS;
    };
    expect([hours("2026-03-29"), hours("2026-10-25"), hours("2026-06-01")]).toEqual([23, 25, 24]);
  });

  test("a search begins at six in the evening of the day before", () => {
    expect(lastEvening(at("2026-07-02T00:10:00+08:00"), CHINA)).toBe(at("2026-07-01T18:00:00+08:00"));
    expect(lastEvening(at("2026-07-02T23:50:00+08:00"), CHINA)).toBe(at("2026-07-01T18:00:00+08:00"));
    expect(lastEvening(at("2026-01-01T09:00:00+08:00"), CHINA)).toBe(at("2025-12-31T18:00:00+08:00"));
  });

  test("a day outside of what is kept becomes the nearest within", () => {
    const within = (day: string) => dayWithin(day, "2026-06-10", "2026-07-02");
    expect(["1999-01-01", "2026-06-20", "2027-01-01"].map(within)).toEqual([
      "2026-06-10",
      "2026-06-20",
      "2026-07-02",
    ]);
  });
});
