import { expect, test } from "vitest";
import type { ProgrammeView } from "../../../../src/core/programme.ts";
import { weekOf } from "../../../../src/panel/web/words/programme-week.ts";
import { createTimes } from "../../../../src/panel/web/words/times.ts";
import { daysPhrase, minuteOf, timeOfDay } from "../../../../src/panel/web/words/weekly.ts";

test.each([
  [[1, 2, 3, 4, 5, 6, 7], "weekly.everyDay", {}],
  [[5, 4, 3, 2, 1], "weekly.workdays", {}],
  [[6, 7], "weekly.weekend", {}],
  [[3, 1], "weekly.days", { days: "d1+d3" }],
])("the days %j are said by %s", (days, key, params) => {
  expect(daysPhrase(days, (day) => `d${day}`, "+")).toMatchObject({ key, params });
});

test.each([
  [0, "00:00"],
  [390, "06:30"],
  [1439, "23:59"],
])("minute %i is %s, and back", (minute, text) => {
  expect([timeOfDay(minute), minuteOf(text)]).toEqual([text, minute]);
});

test.each(["", "24:00", "6:30", "06:60", "noon"])("%j is no time of the day", (text) => {
  expect(minuteOf(text)).toBeUndefined();
});

test("a week begins today, in the village's days, each day's times in order", () => {
  const view = (id: string, next: readonly string[], paused?: ProgrammeView["paused"]): ProgrammeView => ({
    ...{ id, name: id, days: [1], minutes: [1], speakers: [], repeat: 1, volume: 1, whenPreempted: "drop" },
    ...{ version: 0, isConfigured: true, paused },
    next: next.map((at, index) => ({ at, local: `${id}-${index}`, skipped: index === 1 })),
  });
  const by = { kind: "person", name: "li" } as const;
  const programmes = [
    // Half past midnight of the 2nd in the village is still the 1st in Greenwich.
    view("night", ["2026-07-01T16:30:00.000Z", "2026-07-08T16:30:00.000Z"]),
    view("bell", ["2026-07-01T22:30:00.000Z", "2026-07-02T22:30:00.000Z"]),
    view("news", ["2026-07-01T10:00:00.000Z"], { by, reason: "放假", since: "" }),
  ];
  const week = weekOf(programmes, "2026-07-01T09:00:00.000Z", createTimes("Asia/Shanghai"));
  expect(week).toHaveLength(7);
  expect(week.slice(0, 3).map(({ entries }) => entries.map(({ name, state }) => `${name} ${state}`))).toEqual(
    [["news paused"], ["night on", "bell on"], ["bell skipped"]],
  );
});
