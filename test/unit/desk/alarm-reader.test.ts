import { describe, expect, test } from "vitest";
import type { LedgerEvent } from "../../../src/core/event.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createAlarmReader } from "../../../src/desk/alarm-reader.ts";
import { type AlarmTrace, createAlarmTrace } from "../../../src/desk/alarm-trace.ts";
import { createManualClock } from "../../support/manual-clock.ts";

function event(seq: number, what: string, subject: string): LedgerEvent {
  const time = new Date(Date.UTC(2026, 6, 1) + seq * 1000).toISOString();
  return {
    ...{ specversion: "1.0", id: `l-${seq}`, source: "/sites/longwan", type: `org.cunshao.alarm.${what}` },
    ...{ subject, time, datacontenttype: "application/json", ledger: "l", seq, class: "alarm", boot: "b" },
    ...{
      monotonic: seq,
      clock: "synced",
      prevhash: "",
      hash: "",
      data: { rule: "bank", severity: "danger" },
    },
  };
}

const HOUR_MS = 3_600_000;

interface Reading {
  end(events: readonly LedgerEvent[]): void;
  fail(): void;
}

/** Reading ends when the test says so. */
function setUp() {
  const clock = createManualClock();
  const readings: Reading[] = [];
  const read: AlarmTrace[] = [];
  let failed = 0;
  const reader = createAlarmReader({
    read: () =>
      new Promise((resolve, reject) => {
        readings.push({
          end(events) {
            const trace = createAlarmTrace();
            trace.take(events);
            resolve(trace);
          },
          fail: () => reject(new Error("no disk")),
        });
      }),
    onRead: (_box, trace) => void (trace ? read.push(trace) : failed++),
    ...{ clock, log: silentLogger },
  });
  return { clock, readings, read, reader, failed: () => failed };
}

test("alarms are read once for all that was told to be otherwise within a second", async () => {
  const { clock, readings, read, reader } = setUp();
  for (let index = 0; index < 5; index++) reader.again("longwan");
  await clock.advance(1000);
  expect(readings).toHaveLength(1);
  readings[0]?.end([event(1, "raised", "a1")]);
  await clock.settle();
  expect(read.map((trace) => trace.alarms().map(({ id }) => id))).toEqual([["a1"]]);
  expect(clock.pending()).toBe(0);
});

test("what comes while they are read is not lost, nor what turns out to be otherwise then", async () => {
  const { clock, readings, read, reader } = setUp();
  reader.again("longwan");
  await clock.advance(1000);
  reader.came("longwan", [event(2, "acknowledged", "a1")]);
  reader.came("shuikou", [event(2, "raised", "other")]);
  reader.again("longwan");
  readings[0]?.end([event(1, "raised", "a1")]);
  await clock.settle();
  expect(read[0]?.alarms()).toMatchObject([{ id: "a1", status: "acknowledged" }]);
  await clock.advance(2000);
  expect(readings).toHaveLength(2);
});

test("where they cannot be read what is known stays, that is told, and it is tried again", async () => {
  const { clock, readings, read, reader, failed } = setUp();
  reader.again("longwan");
  await clock.advance(1000);
  readings[0]?.fail();
  await clock.advance(2000);
  expect([readings.length, read.length, failed()]).toEqual([2, 0, 1]);
  reader.stop();
  readings[1]?.fail();
  await clock.settle();
  expect(clock.pending()).toBe(0);
});

describe.each([
  ["that tells otherwise each time", (reading: Reading) => reading.end([])],
  ["whose alarms can never be read", (reading: Reading) => reading.fail()],
])("a box %s", (_what, finish) => {
  test("is read ever more seldom, so that the others do not wait for it, and soon again after a quiet hour", async () => {
    const { clock, readings, reader } = setUp();
    let done = 0;
    const pass = async (ms: number, isLying: boolean): Promise<void> => {
      for (let passedMs = 0; passedMs < ms; passedMs += 1000) {
        if (isLying) reader.again("longwan");
        await clock.advance(1000);
        const reading = readings[done];
        if (!reading) continue;
        done++;
        if (isLying) finish(reading);
        else reading.end([]);
        await clock.settle();
      }
    };
    await pass(HOUR_MS, true);
    expect(readings.length).toBeGreaterThan(10);
    expect(readings.length).toBeLessThanOrEqual(15);
    // Another one is none the worse for it.
    reader.again("shuikou");
    await clock.advance(1000);
    const others = readings.length;
    readings[others - 1]?.end([]);
    done = others;
    await pass(2 * HOUR_MS, false);
    const before = readings.length;
    await pass(2000, true);
    expect(readings.length).toBe(before + 1);
  });
});
