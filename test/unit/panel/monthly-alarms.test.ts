import { describe, expect, test } from "vitest";
import { cleared, handled, november, raised, spoke, type Told } from "./month-rig.ts";

const AT = "11-03 14:00";

/** What became of an alarm that was raised at 14:00. */
function fate(...then: readonly Told[]) {
  const { alarms } = november([raised("a", AT), ...then]);
  const [alarm] = alarms;
  return [alarm?.outcome, alarm?.voice, alarm?.by];
}

describe("somebody was turned back (劝返)", () => {
  test.each<[string, readonly Told[], readonly unknown[]]>([
    [
      "who heard the horn and left, and nobody had to come",
      [spoke("a", "11-03 14:01"), cleared("a", "11-03 14:02")],
      ["dissuaded", "heard", undefined],
    ],
    [
      "also where nothing can tell whether the horn sounded",
      [spoke("a", "11-03 14:01", { heard: "unknown" }), cleared("a", "11-03 14:02")],
      ["dissuaded", "unproven", undefined],
    ],
    [
      "also where the words ended after he had left",
      [cleared("a", "11-03 14:02"), spoke("a", "11-03 14:03", { soundedAt: "2026-11-03T06:01:00.000Z" })],
      ["dissuaded", "heard", undefined],
    ],
    [
      "also where something more urgent cut the words off",
      [spoke("a", "11-03 14:01", { result: "preempted" }), cleared("a", "11-03 14:02")],
      ["dissuaded", "heard", undefined],
    ],
    [
      "not by a horn that was silent",
      [spoke("a", "11-03 14:01", { heard: "not-heard" }), cleared("a", "11-03 14:02")],
      ["passed", "silent", undefined],
    ],
    [
      "not by words that never sounded",
      [spoke("a", "11-03 14:01", { result: "failed", soundedAt: undefined }), cleared("a", "11-03 14:02")],
      ["passed", "none", undefined],
    ],
    [
      "not by words that began after he had left",
      [cleared("a", "11-03 14:02"), spoke("a", "11-03 14:03")],
      ["passed", "heard", undefined],
    ],
    [
      "not by a person's own words",
      [
        spoke("a", "11-03 14:01", { source: { kind: "person", name: "李主任" } }),
        cleared("a", "11-03 14:02"),
      ],
      ["passed", "none", undefined],
    ],
    ["not who left by himself", [cleared("a", "11-03 14:02")], ["passed", "none", undefined]],
    [
      "not where somebody took the alarm",
      [spoke("a", "11-03 14:01"), handled("acknowledged", "a", "11-03 14:01"), cleared("a", "11-03 14:02")],
      ["handled", "heard", "李主任"],
    ],
    [
      "not where somebody ended it",
      [spoke("a", "11-03 14:01"), cleared("a", "11-03 14:02", "王文书")],
      ["handled", "heard", "王文书"],
    ],
    [
      "not where somebody went there, even afterwards",
      [spoke("a", "11-03 14:01"), cleared("a", "11-03 14:02"), handled("reported", "a", "11-03 14:30")],
      ["handled", "heard", "李主任"],
    ],
    [
      "not where it was a false alarm",
      [spoke("a", "11-03 14:01"), cleared("a", "11-03 14:02"), handled("false", "a", "11-04 09:00")],
      ["false", "heard", "李主任"],
    ],
    [
      "but again where that was taken back",
      [
        spoke("a", "11-03 14:01"),
        cleared("a", "11-03 14:02"),
        handled("false", "a", "11-04 09:00"),
        handled("false_withdrawn", "a", "11-04 09:05"),
      ],
      ["dissuaded", "heard", undefined],
    ],
    ["not who is still there", [spoke("a", "11-03 14:01")], ["open", "heard", undefined]],
  ])("%s", (_what, then, expected) => {
    expect(fate(...then)).toEqual(expected);
  });

  test.each([
    ["water that rose", { because: { kind: "reading", sensor: "level", value: 3.3 } }],
    ["a line that somebody crossed: where he went nobody saw", { because: { kind: "crossing" } }],
    ["somebody of whom nobody knows what became", { question: "gone" }],
  ])("not %s", (_what, data) => {
    const { alarms } = november([
      raised("a", AT, data),
      spoke("a", "11-03 14:01"),
      cleared("a", "11-03 14:02"),
    ]);
    expect(alarms[0]?.outcome).toBe("passed");
  });
});

test("every alarm counts once: in all, by how grave it was, by place and by day", () => {
  const { total, places, days } = november([
    ...[raised("a", "11-01 00:00"), spoke("a", "11-01 00:01"), cleared("a", "11-01 00:02")],
    ...[raised("b", "11-01 23:59"), handled("false", "b", "11-02 08:00")],
    raised("c", "11-30 23:59", { rule: "weir", severity: "danger" }),
    { type: "alarm.escalated", at: "12-01 00:01", subject: "c", data: { severity: "emergency" } },
  ]);
  expect(total).toEqual({
    alarms: 3,
    dissuaded: 1,
    false: 1,
    outcomes: { false: 1, handled: 0, dissuaded: 1, passed: 0, open: 1 },
    severities: { notice: 0, warning: 2, danger: 0, emergency: 1 },
    dissuadedHeard: 1,
  });
  expect(places).toEqual([
    { place: "pond", alarms: 2, dissuaded: 1, false: 1 },
    { place: "weir", alarms: 1, dissuaded: 0, false: 0 },
  ]);
  expect(days).toHaveLength(30);
  expect([days[0]?.alarms, days[1]?.alarms, days[29]?.alarms]).toEqual([2, 0, 1]);
});

test("the month is the village's own, from midnight to midnight", () => {
  const told = ["10-31 23:59", "11-01 00:00", "11-30 23:59", "12-01 00:00"].map((at) => raised(at, at));
  expect(november(told).alarms.map(({ at }) => at)).toEqual([
    "2026-10-31T16:00:00.000Z",
    "2026-11-30T15:59:00.000Z",
  ]);
});

test("what is done within a week after the month counts, and nothing later: a sheet printed later is the same", () => {
  const last = raised("a", "11-30 23:50");
  const inTime = november([last, handled("acknowledged", "a", "12-07 23:59")]);
  const late = november([last, handled("acknowledged", "a", "12-08 00:00")]);
  expect([inTime.total.outcomes.handled, late.total.outcomes.open]).toEqual([1, 1]);
  expect([inTime.isSettled, november([last], { now: "12-07 12:00" }).isSettled]).toEqual([true, false]);
});

test("what the box said by itself is counted horn by horn, in the month itself", () => {
  const { voice } = november([
    spoke("x", "10-31 23:59"),
    spoke("x", "11-02 10:00"),
    spoke("x", "11-02 10:00", { heard: "not-heard" }),
    spoke("x", "11-02 10:00", { heard: "unknown" }),
    spoke("x", "11-02 10:00", { result: "refused", soundedAt: undefined }),
    spoke("x", "11-02 10:00", { source: { kind: "drill", name: "weekly" } }),
  ]);
  expect(voice).toEqual({ sounded: 3, heard: 1, silent: 1, failed: 1 });
});

test("of more alarms than fit the graver ones are listed, in order of time, and the rest is counted", () => {
  const told = [
    raised("a", "11-01 10:00", { severity: "notice" }),
    raised("b", "11-02 10:00", { severity: "danger" }),
    raised("c", "11-03 10:00"),
    raised("d", "11-04 10:00", { severity: "emergency" }),
  ];
  const { alarms, alarmsLeftOut } = november(told, { most: { alarms: 2, outages: 2 } });
  expect(alarms.map(({ severity }) => severity)).toEqual(["danger", "emergency"]);
  expect(alarmsLeftOut).toBe(2);
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ["no rule", { rule: undefined }],
  ["a severity that is none", { severity: "fatal" }],
])("an alarm with %s does not break the sheet", (_what, data) => {
  expect(november([raised("a", AT, data), raised("b", AT)]).total.alarms).toBe(1);
});
