import { describe, expect, test } from "vitest";
import type { PauseView } from "../../../../src/core/pause.ts";
import type { Schedule } from "../../../../src/core/site.ts";
import { i18n } from "../../../../src/panel/web/i18n.ts";
import { actsNow } from "../../../../src/panel/web/words/pause-words.ts";
import type { Phrase } from "../../../../src/panel/web/words/phrase.ts";
import { times, village } from "./word-samples.ts";

const say = ({ key, params }: Phrase): string => i18n.global.t(key, params);
const [any] = village.rules;
if (!any) throw new Error("The village double has rules");
const rule = any;

const DAY: Schedule = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 360, toMinute: 1080 };
const MORNING: Schedule = { ...DAY, toMinute: 720 };
const SUMMER: Schedule = { ...DAY, season: { from: 501, to: 930 } };
const ALWAYS: Schedule = { ...DAY, fromMinute: 0, toMinute: 1440 };

/** A place that two rules watch, each at its own hours. */
function told(
  time: string,
  schedules: readonly Schedule[],
  {
    pauses = [],
    clock = "synced" as "synced" | "unsynced",
  }: { pauses?: readonly PauseView[]; clock?: "synced" | "unsynced" } = {},
): [string, string] {
  const now = `2026-07-01T${time}:00+08:00`;
  const rules = schedules.map((schedule, at) => ({ ...rule, schedule, id: `rule-${at}` }));
  const ids = rules.map(({ id }) => id);
  const isPaused = ids.every((id) =>
    pauses.some((pause) => pause.state === "paused" && pause.rules.includes(id)),
  );
  const { state, phrase } = actsNow({ rules: ids, isPaused }, { ...village, rules, pauses, clock }, now, {
    at: (iso) => say(times.since(iso, now)),
    who: ({ name }) => name,
  });
  return [state, say(phrase)];
}

function pause(rules: readonly string[], until: string, name: string): PauseView {
  return {
    ...{ id: `pause-${name}`, name: "东塘 塘埂", rules, state: "paused", from: "2026-07-01T06:00:00.000Z" },
    ...{
      until: `2026-07-01T${until}:00+08:00`,
      by: { kind: "person", name },
      reason: "有人洗衣",
      withheld: 0,
    },
  };
}

describe("whether a rule or a place acts now", () => {
  test.each<[string, string, readonly Schedule[], string, string]>([
    ["at all hours", "23:00", [ALWAYS], "armed", "已布防"],
    ["within its hours", "06:00", [DAY], "armed", "已布防"],
    ["before its hours", "05:59", [DAY], "resting", "现在不看，06:00 起看"],
    ["after its hours", "18:00", [DAY], "resting", "现在不看，7月2日 06:00 起看"],
    [
      "out of its season",
      "12:00",
      [{ ...SUMMER, season: { from: 1101, to: 331 } }],
      "resting",
      "现在不看，11月1日 06:00 起看",
    ],
    ["on no day", "12:00", [{ ...DAY, days: [] }], "resting", "现在不看"],
    ["while one of its rules does", "13:00", [MORNING, DAY], "armed", "已布防"],
    [
      "while none of its rules does",
      "05:00",
      [{ ...DAY, fromMinute: 480 }, DAY],
      "resting",
      "现在不看，06:00 起看",
    ],
  ])("%s, at %s", (_what, time, schedules, state, words) => {
    expect(told(time, schedules)).toEqual([state, words]);
  });

  test("with an unknown hour it acts whatever its hours are, and says so only where it has some", () => {
    expect(told("23:00", [DAY], { clock: "unsynced" })).toEqual(["armed", "已布防，时间没校准，全天都看"]);
    expect(told("23:00", [ALWAYS], { clock: "unsynced" })).toEqual(["armed", "已布防"]);
  });

  test("a pause is told with its end and by whom, also out of its hours", () => {
    expect(told("14:00", [DAY], { pauses: [pause(["rule-0"], "15:20", "王主任")] })).toEqual([
      "paused",
      "已撤防到 15:20，王主任",
    ]);
    expect(told("23:00", [DAY], { pauses: [pause(["rule-0"], "23:50", "王主任")] })[0]).toBe("paused");
  });

  test.each<[string, string, readonly Schedule[], readonly PauseView[], string, string]>([
    [
      "at hours of the other",
      "12:00",
      [ALWAYS, DAY],
      [pause(["rule-0"], "23:00", "王主任")],
      "armed",
      "已布防",
    ],
    [
      "out of them, to the end of the pause",
      "19:00",
      [ALWAYS, DAY],
      [pause(["rule-0"], "23:00", "王主任")],
      "resting",
      "现在不看，23:00 起看",
    ],
    [
      "to the other's start, where that is earlier",
      "05:00",
      [ALWAYS, DAY],
      [pause(["rule-0"], "07:30", "王主任")],
      "resting",
      "现在不看，06:00 起看",
    ],
    [
      "to its own start, where the pause ends out of its hours",
      "13:00",
      [MORNING, { ...DAY, fromMinute: 1200, toMinute: 1260 }],
      [pause(["rule-1"], "22:00", "王主任")],
      "resting",
      "现在不看，7月2日 06:00 起看",
    ],
    [
      "to the end of the longest of its pauses",
      "19:00",
      [ALWAYS, DAY],
      [pause(["rule-0"], "20:00", "王主任"), pause(["rule-0"], "23:00", "李支书")],
      "resting",
      "现在不看，23:00 起看",
    ],
  ])("while one of its rules is paused, %s, at %s", (_what, time, schedules, pauses, state, words) => {
    expect(told(time, schedules, { pauses })).toEqual([state, words]);
  });

  test("with an unknown hour only rules that are not paused count", () => {
    const [clock, pauses] = ["unsynced" as const, [pause(["rule-0"], "23:00", "王主任")]];
    expect(told("12:00", [ALWAYS, DAY], { clock, pauses })[1]).toBe("已布防，时间没校准，全天都看");
    expect(told("12:00", [DAY, ALWAYS], { clock, pauses })[1]).toBe("已布防");
  });

  test("of several pauses the one counts with which it acts again", () => {
    const pauses = [
      pause(["rule-0"], "15:20", "王主任"),
      pause(["rule-0", "rule-1"], "16:00", "李支书"),
      pause(["rule-1"], "18:00", "李主任"),
    ];
    expect(told("14:00", [ALWAYS, ALWAYS], { pauses })).toEqual(["paused", "已撤防到 16:00，李支书"]);
  });
});
