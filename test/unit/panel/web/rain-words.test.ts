import { describe, expect, test } from "vitest";
import type { CurvePart } from "../../../../src/core/stores.ts";
import { isoTime } from "../../../../src/core/time.ts";
import type { SensorView } from "../../../../src/core/village.ts";
import { phrase } from "../../../../src/panel/web/words/phrase.ts";
import {
  barSpan,
  dayPhrase,
  heaviest,
  lateMost,
  millimetres,
  rainBars,
  rainLimits,
  rainState,
  rainWithin,
  sumPhrase,
  todaySpan,
} from "../../../../src/panel/web/words/rain-words.ts";
import { ruleSentence } from "../../../../src/panel/web/words/rule-sentence.ts";
import { sensorWords } from "../../../../src/panel/web/words/sensor-words.ts";
import { rainRule } from "../../rules/rule-samples.ts";
import { village } from "./word-samples.ts";

const ZONE = "Asia/Shanghai";
const HOUR_MS = 3_600_000;

describe("rain of a day", () => {
  test.each([
    [0, undefined],
    [0.04, undefined],
    [0.1, "light"],
    [9.94, "light"],
    [9.96, "moderate"],
    [24.9, "moderate"],
    [25, "heavy"],
    [49.9, "heavy"],
    [50, "storm"],
    [99.9, "storm"],
    [100, "severe"],
    [249.9, "severe"],
    [250, "extreme"],
  ])("of %f mm is called %s", (mm, grade) => {
    const expected = grade ? phrase(`rain.days.${grade}`, { value: millimetres(mm) }) : phrase("rain.dry");
    expect(dayPhrase(mm)).toEqual(expected);
  });
});

const gauge: SensorView = {
  ...{ id: "rain", name: "雨量", unit: "mm", value: 812.6, quality: "good", at: isoTime(0) },
  accumulates: { since: "power-up" },
  sums: { 1: 25, 3: 60, 6: 60, 12: 60, 24: 60 },
};
const village24 = {
  ...{ ...rainRule, id: "day", name: "一天雨太大" },
  when: { ...rainRule.when, above: 50, overHours: 24 } as typeof rainRule.when,
};

describe("a gauge", () => {
  test("is judged by what came in the hours of each rule, not by its total", () => {
    expect(rainState(gauge, { rules: [rainRule], clock: "synced" })).toMatchObject({
      tone: "calm",
      phrase: { key: "rain.days.storm" },
    });
    expect(rainState(gauge, { rules: [rainRule, village24], clock: "synced" })).toEqual({
      tone: "alarm",
      phrase: phrase("rain.above", { hours: 24, above: 50 }),
    });
  });

  test.each([
    [{}, "calm", "rain.days.storm"],
    [{ value: null, quality: "lost" as const, sums: undefined }, "care", "sensor.lost"],
    [{ value: null, quality: "invalid" as const, sums: undefined }, "care", "sensor.invalid"],
    [{ at: undefined }, "care", "sensor.waiting"],
  ])("with %j is %s: %s", (change, tone, key) => {
    const words = sensorWords({ ...gauge, ...change }, { rules: [rainRule], clock: "synced" });
    expect([words.tone, words.phrase.key]).toEqual([tone, key]);
  });

  test("says of no day that it was dry while the time is not known, and alarms all the same", () => {
    const dry = { ...gauge, sums: { 1: 0, 3: 0, 6: 0, 12: 0, 24: 0 } };
    expect(sensorWords(dry, { rules: [], clock: "unsynced" }).phrase).toEqual(phrase("rain.sinceStart"));
    expect(sensorWords(gauge, { rules: [village24], clock: "unsynced" }).tone).toBe("alarm");
  });

  test("has its limits by their hours", () => {
    expect(rainLimits("rain", [village24, rainRule])).toEqual([
      { name: "一小时雨太大", hours: 1, above: 30 },
      { name: "一天雨太大", hours: 24, above: 50 },
    ]);
    expect(rainLimits("another", [rainRule])).toEqual([]);
  });
});

test("a rule on rain is one sentence with its hours and millimetres", () => {
  const said: string[] = [];
  ruleSentence(rainRule, { ...village, sensors: [gauge] }, ({ key, params }) => {
    said.push(`${key} ${Object.values(params).join(" ")}`);
    return key;
  });
  expect(said).toContain("rule.rain 雨量 30 1");
  expect(said).toContain("rule.rainClears 20");
});

describe("bars of rain", () => {
  const now = Date.parse("2026-07-15T04:20:00Z");

  test.each([
    ["day", "2026-07-14T05:00:00.000Z", "2026-07-15T05:00:00.000Z", 24],
    ["week", "2026-07-08T16:00:00.000Z", "2026-07-15T16:00:00.000Z", 7],
    ["season", "2026-03-31T16:00:00.000Z", "2026-07-15T16:00:00.000Z", 106],
  ] as const)("of a %s are whole hours or days of the village, from %s to %s", (span, from, to, bars) => {
    const found = barSpan(span, now, ZONE);
    expect([isoTime(found.fromMs), isoTime(found.toMs), found.bars]).toEqual([from, to, bars]);
    expect(found.parts % found.bars).toBe(0);
    expect(found.parts).toBeLessThanOrEqual(1_000);
  });

  test("of a season that is over end with it", () => {
    const { toMs, bars } = barSpan("season", Date.parse("2026-11-29T04:00:00Z"), ZONE);
    expect([isoTime(toMs), bars]).toEqual(["2026-09-30T16:00:00.000Z", 183]);
  });

  const part = (hour: number, grown: number | null): CurvePart => {
    const at = { from: isoTime(hour * HOUR_MS), to: isoTime((hour + 1) * HOUR_MS) };
    return { ...at, low: 1, high: 1, mean: grown === null ? null : 1, grown, lost: 0, invalid: 0 };
  };
  const span = { fromMs: 0, toMs: 6 * HOUR_MS, bars: 3, parts: 6, barHours: 1 } as const;

  test("are the sums of their parts, and none where nothing was read", () => {
    const bars = rainBars([part(0, 1.2), part(1, 0.4), part(2, null), part(5, 0)], span);
    expect(bars.map(({ mm }) => mm)).toEqual([1.6, null, 0]);
    expect(heaviest(bars)).toMatchObject({ fromMs: 0, mm: 1.6 });
    expect(heaviest(bars.slice(1))).toBeUndefined();
  });

  describe("of what was read after a hole", () => {
    const MINUTE_MS = 60_000;
    const twelve = { fromMs: 0, toMs: 12 * HOUR_MS, bars: 12, parts: 720, barHours: 1 } as const;
    /** Read each minute of these, with this much in the first of them and a millimetre at the end. */
    const read = (fromMinute: number, toMinute: number, first: number): CurvePart[] =>
      Array.from({ length: toMinute - fromMinute }, (_, index) => {
        const grown = index === 0 ? first : index === toMinute - fromMinute - 1 ? 1 : 0;
        const at = (fromMinute + index) * MINUTE_MS;
        return {
          ...{ from: isoTime(at), to: isoTime(at + MINUTE_MS), low: 1, high: 1, mean: 1, grown },
          ...{ lost: 0, invalid: 0 },
        };
      });
    const lost = (fromMinute: number, toMinute: number): CurvePart => ({
      ...{ from: isoTime(fromMinute * MINUTE_MS), to: isoTime(toMinute * MINUTE_MS), low: null, high: null },
      ...{ mean: null, grown: null, lost: 1, invalid: 0 },
    });

    test.each<[string, CurvePart[], heaviest: number | undefined, late: number | undefined]>([
      ["no hour is the heaviest: nobody asked for ten", [...read(0, 30, 0), ...read(640, 700, 80)], 1, 80],
      ["nor where it did not answer", [...read(0, 30, 0), lost(30, 640), ...read(640, 700, 80)], 1, 80],
      ["nor before the first part", read(640, 700, 80), 1, 80],
      ["nor is any where all is of such an hour", read(640, 655, 80), undefined, 81],
      ["an hour is, where the hole lies within it", [...read(0, 5, 0), ...read(40, 60, 80)], 82, undefined],
      ["an hour is, of which a moment was missed", [...read(0, 57, 0), ...read(61, 120, 80)], 81, undefined],
      [
        "an hour is, where less was read after the hole",
        [...read(0, 60, 90), ...read(640, 700, 2)],
        91,
        undefined,
      ],
    ])("%s", (_what, parts, most, late) => {
      const bars = rainBars(parts, twelve);
      expect(heaviest(bars)?.mm).toBe(most);
      expect(lateMost(bars)?.mm).toBe(late);
    });
  });

  test.each([
    ["asking", "rain.asking"],
    ["failed", "rain.failed"],
    [null, "rain.unknown"],
    [0, "rain.amount"],
  ] as const)("of which the sum is %s are told by %s", (sum, key) => {
    expect(sumPhrase(sum).key).toBe(key);
  });

  test("of today are those since the village's midnight, also at midnight itself", () => {
    const midnight = "2026-07-14T16:00:00.000Z";
    for (const time of [midnight, "2026-07-15T15:59:59.999Z"]) {
      const { fromMs, toMs } = todaySpan(Date.parse(time), ZONE);
      expect(isoTime(fromMs)).toBe(midnight);
      expect(toMs).toBeGreaterThan(Date.parse(time));
    }
  });

  test("add up within any times", () => {
    const parts = [part(0, 1), part(1, 2), part(2, 4)];
    expect(rainWithin(parts, { fromMs: HOUR_MS, toMs: 3 * HOUR_MS })).toBe(6);
    expect(rainWithin(parts, { fromMs: 4 * HOUR_MS, toMs: 5 * HOUR_MS })).toBeNull();
  });
});
