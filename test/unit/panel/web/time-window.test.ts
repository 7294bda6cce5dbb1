import { describe, expect, test } from "vitest";
import {
  cut,
  following,
  groupMarks,
  lengthOf,
  moved,
  SHORTEST_WINDOW_MS,
  ticksOf,
  within,
  withMargin,
  zoomed,
} from "../../../../src/panel/web/words/time-window.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LIMITS = { fromMs: 0, toMs: 30 * DAY_MS };
const hours = (from: number, to: number) => ({ fromMs: from * HOUR_MS, toMs: to * HOUR_MS });

describe("a window of time", () => {
  test("keeps its length at the ends of what there is", () => {
    expect(moved(hours(1, 3), -5 * HOUR_MS, LIMITS)).toEqual(hours(0, 2));
    expect(moved(hours(717, 719), 5 * HOUR_MS, LIMITS)).toEqual(hours(718, 720));
  });

  test("is never longer than what there is, nor shorter than a minute", () => {
    expect(zoomed(hours(100, 400), 8, 200 * HOUR_MS, LIMITS)).toEqual(LIMITS);
    expect(lengthOf(zoomed(hours(1, 2), 1e-6, HOUR_MS, LIMITS))).toBe(SHORTEST_WINDOW_MS);
    expect(lengthOf(within(hours(2, 2), LIMITS))).toBe(SHORTEST_WINDOW_MS);
  });

  test("zooms around what stands under the fingers", () => {
    const near = zoomed(hours(0, 24), 0.5, 6 * HOUR_MS, LIMITS);
    expect(near).toEqual(hours(3, 15));
    expect(zoomed(near, 2, 6 * HOUR_MS, LIMITS)).toEqual(hours(0, 24));
  });

  test("is turned on when what is played leaves it, and stays otherwise", () => {
    const window = hours(10, 11);
    expect(following(window, 10.5 * HOUR_MS, LIMITS)).toBe(window);
    const next = following(window, 11.01 * HOUR_MS, LIMITS);
    expect(lengthOf(next)).toBeCloseTo(HOUR_MS, -2);
    expect(next.fromMs).toBeLessThan(11.01 * HOUR_MS);
    expect(next.toMs).toBeGreaterThan(11.5 * HOUR_MS);
  });

  test("is asked for with what lies beside it, within a month and what there is", () => {
    expect(withMargin(hours(10, 12), LIMITS)).toEqual(hours(8, 14));
    expect(withMargin(hours(0, 2), LIMITS)).toEqual(hours(0, 4));
    expect(withMargin(LIMITS, LIMITS)).toEqual(LIMITS);
  });
});

describe("ticks", () => {
  test("stand at round hours of the village, whatever its zone", () => {
    const offsetMs = 8 * HOUR_MS;
    const ticks = ticksOf(
      { fromMs: Date.parse("2026-07-01T16:00:00Z"), toMs: Date.parse("2026-07-02T16:00:00Z") },
      offsetMs,
      5,
    );
    expect(ticks.map((ms) => new Date(ms + offsetMs).toISOString().slice(11, 16))).toEqual([
      "00:00",
      "06:00",
      "12:00",
      "18:00",
      "00:00",
    ]);
  });

  test.each([60_000, HOUR_MS, DAY_MS, 7 * DAY_MS, 31 * DAY_MS])("are few in %d ms", (lengthMs) => {
    const ticks = ticksOf({ fromMs: 1_000, toMs: 1_000 + lengthMs }, 0, 5);
    expect(ticks.length).toBeGreaterThan(0);
    expect(ticks.length).toBeLessThanOrEqual(6);
  });
});

test("alarms that a finger could not keep apart stand as one", () => {
  const marks = [0, 10, 20, 500, 505].map((atMs) => ({ atMs }));
  const groups = groupMarks(marks, 100);
  expect(groups.map(({ first, all }) => [first.atMs, all.length])).toEqual([
    [0, 3],
    [500, 2],
  ]);
});

test("what reaches over the edge of a window is cut there", () => {
  const spans = [hours(0, 2), hours(3, 4), hours(9, 12), hours(12, 13)];
  expect(cut(spans, hours(1, 10))).toEqual([hours(1, 2), hours(3, 4), hours(9, 10)]);
});
