import { describe, expect, onTestFinished, test } from "vitest";
import type { ReadingsConfig } from "../../../src/buffer/readings.ts";
import { createReadings } from "../../../src/buffer/readings.ts";
import type { Database } from "../../../src/buffer/sql.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { Clock } from "../../../src/core/time.ts";
import { isoTime, sleepOn } from "../../../src/core/time.ts";
import { until } from "../../support/until.ts";
import { scratchDatabase } from "./scratch.ts";

/** A clock whose timers run when the test says so. */
function handClock(wallMs = 0) {
  const waiting = new Set<() => void>();
  const after: Clock["after"] = (_, run) => {
    waiting.add(run);
    return { cancel: () => waiting.delete(run) };
  };
  const time = { wallMs, monotonicMs: 0 };
  const clock: Clock = { now: () => time, after, sleep: (ms, signal) => sleepOn(after, ms, signal) };
  return {
    clock,
    time,
    waiting,
    ring() {
      const runs = [...waiting];
      waiting.clear();
      for (const run of runs) run();
    },
  };
}

async function setUp(config: ReadingsConfig = {}, options: { database?: Database; wallMs?: number } = {}) {
  const hand = handClock(options.wallMs);
  const quality = { now: "synced" as "synced" | "unsynced" };
  const database = options.database ?? (await scratchDatabase());
  const readings = createReadings(
    { database, clock: hand.clock, clockQuality: () => quality.now, log: silentLogger },
    config,
  );
  onTestFinished(() => readings.stop());
  const at = (ms: number, value: number | null = ms) =>
    readings.add({ sensor: "pond-level", at: isoTime(ms), value, quality: value === null ? "lost" : "good" });
  const values = async (from = 0, to = 9e12, limit = 100) =>
    (await readings.between("pond-level", isoTime(from), isoTime(to), limit)).map(({ value }) => value);
  return { ...hand, readings, database, quality, at, values };
}

/** A database that takes nothing while `fault` is set. */
async function faulty() {
  const database = await scratchDatabase();
  const state: { fault: GatewayError | undefined } = { fault: undefined };
  const failing: Database = {
    ...database,
    transaction: (work) => (state.fault ? Promise.reject(state.fault) : database.transaction(work)),
  };
  return { database: failing, state };
}

describe("readings", () => {
  test("are written together when the time has come", async () => {
    const { readings, at, values, ring } = await setUp();
    await readings.start();
    at(1);
    at(2, null);
    expect(await values()).toEqual([]);
    ring();
    await until(async () => (await values()).length === 2);
    expect(await readings.between("pond-level", isoTime(0), isoTime(9), 9)).toEqual([
      { sensor: "pond-level", at: isoTime(1), value: 1, quality: "good" },
      { sensor: "pond-level", at: isoTime(2), value: null, quality: "lost" },
    ]);
    at(3);
    await until(() => {
      ring();
      return values().then((all) => all.length === 3);
    });
  });

  test("are written when the store stops, after which no timer runs", async () => {
    const { readings, at, values, waiting } = await setUp();
    await readings.start();
    at(1);
    await readings.stop();
    await readings.stop();
    expect(await values()).toEqual([1]);
    expect(waiting.size).toBe(0);
  });

  test("are read with both ends, and the newest where there are too many", async () => {
    const { readings, at, values } = await setUp();
    for (let ms = 1; ms <= 9; ms += 1) at(ms);
    readings.add({ sensor: "other", at: isoTime(5), value: 50, quality: "good" });
    await readings.flush();
    expect(await values(3, 5)).toEqual([3, 4, 5]);
    expect(await values(1, 9, 2)).toEqual([8, 9]);
    expect(await readings.between("unknown", isoTime(0), isoTime(9), 9)).toEqual([]);
  });

  test("wait in memory while the disk is full; the oldest go first and are counted", async () => {
    const { database, state } = await faulty();
    const { readings, at, values } = await setUp({ maxBuffered: 3 }, { database });
    state.fault = new GatewayError("full", { code: "ledger.full", kind: "transient" });
    for (let ms = 1; ms <= 3; ms += 1) at(ms);
    await readings.flush();
    at(4);
    at(5);
    await readings.flush();
    expect(readings.dropped).toBe(2);
    state.fault = undefined;
    await readings.flush();
    expect(await values()).toEqual([3, 4, 5]);
  });

  test("that can never be stored do not hold up others", async () => {
    const { database, state } = await faulty();
    const { readings, at, values } = await setUp({}, { database });
    readings.add({ sensor: "pond-level", at: "yesterday", value: 1, quality: "good" });
    expect(readings.dropped).toBe(1);
    state.fault = new GatewayError("broken", { code: "ledger.constraint", kind: "bug" });
    at(1);
    await readings.flush();
    state.fault = undefined;
    at(2);
    await readings.flush();
    expect(readings.dropped).toBe(2);
    expect(await values()).toEqual([2]);
  });

  test("are removed when they are too old, but never by a clock that is not synced", async () => {
    const day = 86_400_000;
    const { readings, at, values, quality, ring, waiting } = await setUp(
      { keepDays: 10 },
      { wallMs: 20 * day },
    );
    for (const days of [1, 9, 11, 20]) at(days * day, days);
    await readings.flush();
    quality.now = "unsynced";
    await readings.start();
    ring();
    await until(() => waiting.size === 1);
    expect(await values()).toEqual([1, 9, 11, 20]);
    quality.now = "synced";
    ring();
    await until(() => waiting.size === 1);
    expect(await values()).toEqual([11, 20]);
  });
});

describe("a curve of readings", () => {
  const at = (seconds: number, value: number | null, quality = "good", sensor = "pond") => {
    return { sensor, at: isoTime(seconds * 1000), value, quality };
  };

  test("is added up in parts from the good ones, and counts the others", async () => {
    const { readings } = await setUp();
    for (const [seconds, value] of [
      [0, 2],
      [5, 4],
      [59, 3],
    ] as const) {
      readings.add(at(seconds, value));
    }
    readings.add(at(30, 99, "invalid"));
    readings.add(at(31, null, "lost"));
    readings.add(at(130, null, "lost"));
    readings.add(at(5, 50, "good", "reservoir"));
    await readings.flush();
    const nothing = { low: null, high: null, mean: null };
    expect(await readings.curve("pond", 0, 180_000, 3)).toEqual([
      { from: isoTime(0), to: isoTime(60_000), low: 2, high: 4, mean: 3, lost: 1, invalid: 1 },
      { from: isoTime(120_000), to: isoTime(180_000), ...nothing, lost: 1, invalid: 0 },
    ]);
    expect(await readings.curve("nowhere", 0, 180_000, 3)).toEqual([]);
  });

  test("has no more parts than asked for, and ends where it was asked to", async () => {
    const { readings } = await setUp();
    for (let seconds = 0; seconds < 1_000; seconds += 1) readings.add(at(seconds, seconds));
    await readings.flush();
    const parts = await readings.curve("pond", 500, 900_000, 7);
    expect(parts).toHaveLength(7);
    expect([parts[0]?.from, parts.at(-1)?.to]).toEqual([isoTime(500), isoTime(900_000)]);
    expect(parts.at(-1)?.high).toBe(899);
  });
});
