import { expect, test } from "vitest";
import { chinaTime, november, raised, type Told } from "./month-rig.ts";

const fault = (what: "raised" | "cleared", at: string): Told => ({
  ...{ type: `camera.fault.${what}`, at, subject: "gate", data: { camera: "gate", fault: "covered" } },
});
const started = (at: string, lastSign: string, boot = "boot-1"): Told => ({
  ...{ type: "gateway.started", at, boot, data: { version: "1", lastSign: chinaTime(lastSign) } },
});
const line = (what: "lost" | "found", at: string, seconds = 60): Told => ({
  ...{ type: `upstream.${what}`, at, subject: "township", data: { reason: "upstream.network", seconds } },
});
const sensor = (at: string, quality: string): Told => ({
  ...{ type: "sensor.changed", at, subject: "level", data: { sensor: "level", quality } },
});

function outagesOf(told: readonly Told[], now?: string) {
  const { outages } = november(told, now === undefined ? {} : { now });
  return outages.list.map(({ kind, why, from, until, beganBefore, isOpen }) =>
    [kind, why, from, until, ...(beganBefore ? ["before"] : []), ...(isOpen ? ["open"] : [])].join(" "),
  );
}

const span = (from: string, until: string): string => `${chinaTime(from)} ${chinaTime(until)}`;

test.each<[string, readonly Told[], readonly string[]]>([
  [
    "a camera that was blind for a while",
    [fault("raised", "11-03 10:00"), fault("cleared", "11-03 12:00")],
    [`camera covered ${span("11-03 10:00", "11-03 12:00")}`],
  ],
  [
    "one that was blind before the month counts from its first day",
    [fault("raised", "09-20 10:00"), fault("cleared", "11-02 00:00")],
    [`camera covered ${span("11-01 00:00", "11-02 00:00")} before`],
  ],
  [
    "one that is blind at the end counts to the last day",
    [fault("raised", "11-29 00:00"), fault("cleared", "12-03 00:00")],
    [`camera covered ${span("11-29 00:00", "12-01 00:00")} open`],
  ],
  [
    "one that saw again before the month is none of it",
    [fault("raised", "10-01 10:00"), fault("cleared", "10-02 10:00")],
    [],
  ],
  [
    "a sensor that gave no answer, then one that could not be, until a good one",
    [sensor("11-05 01:00", "lost"), sensor("11-05 01:30", "invalid"), sensor("11-05 02:00", "good")],
    [`sensor lost ${span("11-05 01:00", "11-05 02:00")}`],
  ],
  ["less than a minute is nothing", [sensor("11-05 01:00", "lost"), sensor("11-05 01:00", "good")], []],
  [
    "a line counts from when it broke, not from when that was sure",
    [line("lost", "11-06 08:01"), line("found", "11-06 09:00", 3600)],
    [`line upstream.network ${span("11-06 08:00", "11-06 09:00")}`],
  ],
  [
    "a line that is broken over a restart is one outage",
    [
      line("lost", "11-06 08:01"),
      started("11-06 08:30", "11-06 08:30"),
      line("lost", "11-06 08:31"),
      line("found", "11-06 09:00"),
    ],
    [`line upstream.network ${span("11-06 08:00", "11-06 09:00")}`],
  ],
  [
    "a line that works after a restart was broken until then at the most",
    [line("lost", "11-06 08:01"), started("11-06 08:30", "11-06 08:30")],
    [`line upstream.network ${span("11-06 08:00", "11-06 08:30")}`],
  ],
  [
    "the power was cut: the machine was booted anew",
    [started("11-01 08:00", "10-31 08:00", "boot-0"), started("11-07 06:00", "11-07 02:00", "boot-2")],
    [
      `box power ${span("11-01 00:00", "11-01 08:00")} before`,
      `box power ${span("11-07 02:00", "11-07 06:00")}`,
    ],
  ],
  [
    "the program alone was started anew",
    [raised("a", "11-07 01:00"), started("11-07 02:05", "11-07 02:00")],
    [`box restart ${span("11-07 02:00", "11-07 02:05")}`],
  ],
  [
    "it was stopped in order",
    [{ type: "gateway.stopping", at: "11-07 02:00" }, started("11-07 05:00", "11-07 02:00", "boot-2")],
    [`box stopped ${span("11-07 02:00", "11-07 05:00")}`],
  ],
  [
    "a box whose clock went back does not say how long it was off",
    [started("11-07 02:00", "11-09 00:00", "boot-2")],
    [],
  ],
  [
    "weak supply",
    [
      { type: "board.supply", at: "11-08 01:00", data: { supply: "low" } },
      { type: "board.supply", at: "11-08 03:00", data: { supply: "good" } },
    ],
    [`supply  ${span("11-08 01:00", "11-08 03:00")}`],
  ],
  [
    "a horn that was not heard until it was",
    [
      { type: "speaker.silent.raised", at: "11-09 01:00", subject: "pond" },
      { type: "speaker.silent.cleared", at: "11-10 01:00", subject: "pond" },
    ],
    [`speaker  ${span("11-09 01:00", "11-10 01:00")}`],
  ],
])("%s", (_what, told, expected) => {
  expect(outagesOf(told)).toEqual(expected);
});

test("what lasts is counted until now while the month lasts", () => {
  expect(outagesOf([fault("raised", "11-03 10:00")], "11-03 12:00")).toEqual([
    `camera covered ${span("11-03 10:00", "11-03 12:00")} open`,
  ]);
});

test("they are added up by what was out; of too many the longer ones are listed", () => {
  const { outages } = november(
    [
      ...[fault("raised", "11-03 10:00"), fault("cleared", "11-03 10:10")],
      ...[sensor("11-05 01:00", "lost"), sensor("11-05 02:00", "good")],
      ...[fault("raised", "11-06 10:00"), fault("cleared", "11-06 12:00")],
    ],
    { most: { alarms: 1, outages: 2 } },
  );
  expect(outages.of.camera).toEqual({ count: 2, seconds: 130 * 60 });
  expect(outages.list.map(({ kind }) => kind)).toEqual(["sensor", "camera"]);
  expect(outages.leftOut).toBe(1);
});

test("it says what of the month cannot be told", () => {
  const before: Told = { type: "gateway.started", at: "10-01 00:00" };
  expect(november([before, raised("a", "11-02 10:00")]).gaps).toEqual({ evicted: 0, anew: 0, unsure: 0 });
  const told: Told[] = [
    { type: "ledger.started_anew", at: "11-05 10:00" },
    raised("a", "11-06 10:00"),
    { ...raised("b", "11-01 00:10"), clock: "unsynced" },
    { ...raised("c", "11-20 10:00"), clock: "unsynced" },
  ];
  const sheet = november(told, { evicted: 7 });
  expect(sheet.gaps).toEqual({ evicted: 7, anew: 1, unsure: 2, firstAt: chinaTime("11-05 10:00") });
  // The order says that it was not before the one before it.
  expect(sheet.alarms.map(({ at, isTimeSure }) => [at, isTimeSure])).toEqual([
    [chinaTime("11-06 10:00"), true],
    [chinaTime("11-06 10:00"), false],
    [chinaTime("11-20 10:00"), false],
  ]);
});

test("a time that was corrected later is sure, and may be of another month", () => {
  const told = [{ ...raised("a", "10-31 10:00"), clock: "unsynced" as const }, raised("b", "11-02 10:00")];
  const corrections = [{ boot: "boot-1", firstSeq: 1, lastSeq: 1, offsetMs: 86_400_000, source: "network" }];
  expect(november(told).total.alarms).toBe(1);
  const { alarms, gaps } = november(told, { corrections });
  expect(alarms[0]).toMatchObject({ at: chinaTime("11-01 10:00"), isTimeSure: true });
  expect(gaps.unsure).toBe(0);
});

test("pauses are counted, with what was not raised meanwhile", () => {
  const { pauses } = november([
    { type: "pause.started", at: "11-05 10:00" },
    { type: "pause.ended", at: "11-05 12:00", data: { withheld: 3 } },
    { type: "pause.ended", at: "11-06 12:00", data: { withheld: "many" } },
  ]);
  expect(pauses).toEqual({ count: 1, withheld: 3 });
});
