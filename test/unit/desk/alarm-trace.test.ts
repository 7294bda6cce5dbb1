import { describe, expect, test } from "vitest";
import type { LedgerEvent } from "../../../src/core/event.ts";
import { type AlarmTrace, createAlarmTrace } from "../../../src/desk/alarm-trace.ts";

let seq = 0;
function event(type: string, subject: string, data: Record<string, unknown> = {}): LedgerEvent {
  seq++;
  return {
    specversion: "1.0",
    id: `ledger-${seq}`,
    source: "/sites/longwan",
    type: `org.cunshao.${type}`,
    subject,
    time: new Date(Date.UTC(2026, 6, 1) + seq * 1000).toISOString(),
    datacontenttype: "application/json",
    data,
    ...{ ledger: "ledger", seq, class: "alarm", boot: "b", monotonic: seq, clock: "synced" },
    ...{ prevhash: "", hash: "" },
  };
}

const raised = (id: string): LedgerEvent =>
  event("alarm.raised", id, { rule: "pond-bank", severity: "warning" });

describe("the alarms of a box", () => {
  test("are what its events say, and the same events again change nothing", () => {
    const trace = createAlarmTrace();
    const events = [
      raised("a"),
      event("alarm.escalated", "a", { severity: "danger" }),
      event("alarm.noted", "a", { by: { kind: "township", name: "wangfang@desk" }, text: "派出所已出发" }),
      event("alarm.acknowledged", "a", { by: { kind: "person", name: "lishi" } }),
      event("evidence.added", "a", { kind: "snapshot", sha256: "a".repeat(64) }),
    ];
    trace.take(events);
    const once = trace.alarms();
    trace.take(events);
    expect(trace.alarms()).toEqual(once);
    expect(once).toMatchObject([
      {
        ...{ id: "a", severity: "danger", status: "acknowledged", acknowledgedBy: "lishi" },
        notes: [{ by: "wangfang@desk", text: "派出所已出发" }],
        snapshot: "a".repeat(64),
      },
    ]);
  });

  test("stay cleared whatever comes after", () => {
    const trace = createAlarmTrace();
    trace.take([raised("a"), event("alarm.cleared", "a"), event("alarm.acknowledged", "a", { by: "x" })]);
    expect(trace.alarms()).toMatchObject([{ status: "cleared" }]);
  });

  test("of a box that raises without end fill no memory; those that are open stay the longest", () => {
    const trace = createAlarmTrace();
    trace.take([raised("open")]);
    for (let index = 0; index < 500; index++)
      trace.take([raised(`c${index}`), event("alarm.cleared", `c${index}`)]);
    expect(trace.alarms().length).toBeLessThan(110);
    expect(trace.alarms()[0]).toMatchObject({ id: "open", status: "raised" });
    trace.take(Array.from({ length: 3000 }, (_, index) => raised(`r${index}`)));
    expect(trace.alarms()).toHaveLength(1000);
  });

  test.each([
    { rule: 7, severity: "warning" },
    { rule: "pond-bank", severity: "apocalypse" },
    { severity: "warning" },
  ])("are no alarms where an event says %j", (data) => {
    const trace = createAlarmTrace();
    trace.take([event("alarm.raised", "a", data)]);
    expect(trace.alarms()).toEqual([]);
  });

  test("are none where they have an id that no address holds, or no time", () => {
    const trace = createAlarmTrace();
    trace.take([raised("../session"), raised("x".repeat(200)), { ...raised("a"), time: "soon" }]);
    expect(trace.alarms()).toEqual([]);
  });

  test("carry words of a length that fits on a page", () => {
    const trace = createAlarmTrace();
    trace.take([raised("a"), event("alarm.noted", "a", { by: "x".repeat(9000), text: "y".repeat(90_000) })]);
    const [note] = trace.alarms()[0]?.notes ?? [];
    expect([note?.by.length, note?.text.length]).toEqual([500, 500]);
  });
});

describe("the time of an alarm that came before the box knew it", () => {
  const HOUR_MS = 3_600_000;
  const corrected = (
    of: LedgerEvent,
    data: Record<string, unknown> = {},
    ledger = "ledger",
  ): LedgerEvent => ({
    ...event("clock.corrected", "", {
      ...{ boot: "b", offsetMs: HOUR_MS, source: "network", firstSeq: of.seq, lastSeq: of.seq },
      ...data,
    }),
    ledger,
  });
  const correctedBy = (trace: AlarmTrace): number | undefined => {
    const [alarm] = trace.alarms();
    return alarm?.correctedAt === undefined
      ? undefined
      : Date.parse(alarm.correctedAt) - Date.parse(alarm.raisedAt);
  };

  test.each([
    ["before the correction", (alarm: LedgerEvent, told: LedgerEvent) => [alarm, told]],
    ["after it, as when they are read again", (alarm: LedgerEvent, told: LedgerEvent) => [told, alarm]],
  ])("is the corrected one, the alarm taken %s", (_when, inOrder) => {
    const trace = createAlarmTrace();
    const alarm = raised("a");
    trace.take(inOrder(alarm, corrected(alarm)));
    expect(correctedBy(trace)).toBe(HOUR_MS);
    const again = createAlarmTrace();
    again.become(trace);
    again.take([event("alarm.cleared", "a")]);
    expect(correctedBy(again)).toBe(HOUR_MS);
  });

  test.each<[string, Record<string, unknown>, string]>([
    ["is of other events", { firstSeq: 1_000_000, lastSeq: 1_000_001 }, "ledger"],
    ["is of another ledger", {}, "another"],
    ["no clock is wrong by", { offsetMs: 1e15 }, "ledger"],
    ["is no number", { offsetMs: "an hour" }, "ledger"],
  ])("stays where a correction %s", (_what, data, ledger) => {
    const trace = createAlarmTrace();
    const alarm = raised("a");
    trace.take([alarm, corrected(alarm, data, ledger)]);
    expect(correctedBy(trace)).toBeUndefined();
  });

  test("costs a box that corrects without end no more memory than a few", () => {
    const trace = createAlarmTrace();
    const alarm = raised("a");
    for (let page = 0; page < 10; page++) trace.take(Array.from({ length: 200 }, () => corrected(alarm)));
    expect(trace.corrections().length).toBe(500);
  });
});
