import { describe, expect, test } from "vitest";
import type { LedgerEvent } from "../../../../src/core/event.ts";
import type { LessonView, Spot } from "../../../../src/core/lesson.ts";
import { i18n } from "../../../../src/panel/web/i18n.ts";
import { eventPhrase } from "../../../../src/panel/web/words/event-words.ts";
import {
  freshLessons,
  sizePhrase,
  spotPhrases,
  timeOfMinute,
  wherePhrase,
} from "../../../../src/panel/web/words/lesson-words.ts";

import { createSteppedClock } from "../../../support/stepped-clock.ts";
import { createVillageDouble } from "../../../support/village-double.ts";

const spot = (x: number, y: number, height = 0.06): Spot => ({
  ...{ feet: [x, y], reach: [0.04, 0.03], width: 0.04, height, factor: 1.6 },
});

describe("a lesson in words", () => {
  test.each<[number, number, string]>([
    [0.1, 0.1, "leftTop"],
    [0.5, 0.2, "top"],
    [0.9, 0.2, "rightTop"],
    [0.2, 0.5, "left"],
    [0.5, 0.5, "middle"],
    [0.8, 0.6, "right"],
    [0.1, 0.9, "leftBottom"],
    [0.5, 0.95, "bottom"],
    [0.99, 1, "rightBottom"],
  ])("feet at %d, %d are %s", (x, y, key) => {
    expect(wherePhrase(spot(x, y)).key).toBe(`lesson.where.${key}`);
  });

  test("who stands with the feet below is where the body is", () => {
    expect(wherePhrase(spot(0.5, 0.8, 0.6)).key).toBe("lesson.where.middle");
  });

  test.each<[number, string]>([
    [0.02, "tiny"],
    [0.1, "small"],
    [0.4, "person"],
    [0.8, "large"],
  ])("%d of the height is %s", (height, key) => {
    expect(sizePhrase(spot(0.5, 0.9, height)).key).toBe(`lesson.size.${key}`);
  });

  test("several places are said once each", () => {
    const { where, size } = spotPhrases({ spots: [spot(0.1, 0.9), spot(0.2, 0.9), spot(0.9, 0.9)] });
    expect([where.length, size.length]).toEqual([2, 1]);
  });

  test("minutes of the day are told as the clock shows them", () => {
    expect([0, 65, 1439].map(timeOfMinute)).toEqual(["00:00", "01:05", "23:59"]);
  });

  test("what was taught within ten minutes stands at the top, newest first", () => {
    const lessons = ["05:40", "05:55", "05:59"].map(
      (time) => ({ taughtAt: `2026-07-01T${time}:00Z` }) as LessonView,
    );
    const fresh = freshLessons(lessons, "2026-07-01T06:00:00Z");
    expect(fresh).toEqual([lessons[2], lessons[1]]);
  });
});

test.each<[string, object, string]>([
  [
    "lesson.taught",
    { by: { kind: "person", name: "王干部" } },
    "误报后不再理会：东塘 塘埂的一处（王干部标的）",
  ],
  [
    "lesson.taught",
    { by: { kind: "person", name: "王干部" }, repeated: true },
    "同一处又标为误报，延长：东塘 塘埂（王干部标的）",
  ],
  ["lesson.ignored", { day: "2026-07-01", count: 12 }, "2026-07-01 东塘 塘埂有 12 次没有报警（标过误报）"],
  [
    "lesson.ended",
    { why: "person", by: { kind: "person", name: "王干部" }, ignored: 3 },
    "王干部撤销了误报，东塘 塘埂的一处恢复报警（其间 3 次没有报警）",
  ],
  ["lesson.ended", { why: "time", ignored: 3 }, "误报到期，东塘 塘埂的一处恢复报警（其间 3 次没有报警）"],
  ["lesson.ended", { why: "turned", ignored: 0 }, "摄像机方向变了，东塘 塘埂的一处恢复报警"],
  ["lesson.ended", { why: "zone", ignored: 0 }, "区域改过了，东塘 塘埂的一处恢复报警"],
  ["alarm.false", { by: { kind: "person", name: "王干部" } }, "王干部标为误报：东塘有人靠近"],
  ["alarm.false_withdrawn", { by: { kind: "person", name: "王干部" } }, "王干部撤销了误报：东塘有人靠近"],
  [
    "lesson.ordered",
    { by: { kind: "person", name: "王干部" }, address: "192.168.1.9" },
    "王干部在 192.168.1.9 标了误报",
  ],
])("the event %s %j reads: %s", (type, data, words) => {
  const village = createVillageDouble(createSteppedClock()).state();
  const alarms = [{ id: "it", name: "东塘有人靠近" }] as unknown as typeof village.alarms;
  const event = {
    type: `org.cunshao.${type}`,
    subject: "it",
    data: { camera: "pond-east", zone: "bank", ...data },
  };
  const speech = { reason: (code: string) => code, source: ({ name }: { name: string }) => name };
  const { key, params } = eventPhrase(event as unknown as LedgerEvent, { ...village, alarms }, speech);
  expect(i18n.global.t(key, params ?? {})).toBe(words);
});
