import { describe, expect, onTestFinished, test } from "vitest";
import { createReadings } from "../../../src/buffer/readings.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { Accumulation } from "../../../src/core/growth.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { Sensor } from "../../../src/core/site.ts";
import type { StoredReading } from "../../../src/core/stores.ts";
import { isoTime } from "../../../src/core/time.ts";
import { createSensorPoller } from "../../../src/sense/sensor-poller.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { scratchDatabase } from "../buffer/scratch.ts";

const GAUGE: Accumulation = { since: "power-up", wrapsAt: 6553.6 };
const RAIN: Sensor = {
  id: "rain",
  name: "雨量",
  profile: "generic-rain",
  bus: "rs485-1",
  address: 1,
  pollSeconds: 60,
};
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** @param past as what the clock says at the start has it: minutes ago (below 0: still to come), and the total then. */
function createGauge(
  past: readonly (readonly [minutesAgo: number, total: number | null])[],
  { isBroken = false, isSynced = true } = {},
) {
  const clock = createManualClock();
  const startMs = clock.now().wallMs;
  const device = { total: 0 as number | null };
  const time = { isSynced };
  const kept: StoredReading[] = past.map(([minutesAgo, value]) => {
    const at = isoTime(startMs - minutesAgo * MINUTE_MS);
    return { sensor: "rain", at, value, quality: value === null ? "lost" : "good" };
  });
  const asked: number[] = [];
  const readings = {
    add: (reading: StoredReading) => void kept.push(reading),
    async between(_sensor: string, from: string, to: string, limit: number) {
      asked.push((Date.parse(from) - clock.now().wallMs) / MINUTE_MS);
      if (isBroken) throw new GatewayError("The disk", { code: "ledger.busy", kind: "transient" });
      const found = kept.filter(({ at }) => at >= from && at <= to);
      return found.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)).slice(-limit);
    },
  };
  const reader = { unit: "mm", accumulates: GAUGE, read: async () => device.total };
  const poller = createSensorPoller(
    { clock, isClockSynced: () => time.isSynced, readings, log: silentLogger },
    RAIN,
    reader,
  );
  onTestFinished(() => poller.stop());

  /** What the bars of the day before and after the start add up to. */
  async function bars(): Promise<number> {
    const store = createReadings({
      database: await scratchDatabase(),
      clock,
      clockQuality: () => "synced",
      log: silentLogger,
    });
    kept.forEach(store.add);
    await store.flush();
    const parts = await store.curve("rain", startMs - 24 * HOUR_MS, startMs + 24 * HOUR_MS, 96, GAUGE);
    return parts.reduce((sum, { grown }) => sum + (grown ?? 0), 0);
  }

  return { clock, startMs, device, time, poller, kept, asked, bars };
}

describe("a sensor that counts up", () => {
  test("tells with each good reading what came in the last hours, and keeps its total", async () => {
    const { clock, device, poller, kept, bars } = createGauge([]);
    device.total = 250;
    await poller.start();
    await clock.advance(1_000);
    expect(poller.latest()).toMatchObject({ value: 250, sums: { 1: 0, 24: 0 } });
    device.total = 262.4;
    await clock.advance(60_000);
    expect(poller.latest()).toMatchObject({ value: 262.4, sums: { 1: 12.4, 24: 12.4 } });
    device.total = null;
    await clock.advance(60_000);
    expect(poller.latest()).not.toHaveProperty("sums");
    device.total = 262.4;
    await clock.advance(3_600_000);
    expect(poller.latest()).toMatchObject({ sums: { 1: 0, 3: 12.4 } });
    expect(kept.slice(0, 3).map(({ value, quality }) => [value, quality])).toEqual([
      [250, "good"],
      [262.4, "good"],
      [null, "invalid"],
    ]);
    expect(await bars()).toBeCloseTo(12.4);
  });

  test("knows after a restart in a storm what fell before", async () => {
    const { clock, device, poller, asked } = createGauge([
      [300, 10],
      [299, 50],
      [30, 50],
      [29, null],
      [10, 62],
    ]);
    device.total = 63;
    await poller.start();
    await clock.advance(1_000);
    expect(poller.latest()?.sums).toEqual({ 1: 13, 3: 13, 6: 53, 12: 53, 24: 53 });
    // Ten minutes at a time, as far back as sums go; the last is for what stands in the time to come.
    expect(asked).toEqual(Array.from({ length: 145 }, (_, index) => index * 10 - 24 * 60));
    await clock.advance(5 * MINUTE_MS);
    expect(asked).toHaveLength(145);
  });

  test("is read all the same when what came before cannot be looked up", async () => {
    const { clock, device, poller, kept } = createGauge([[10, 1]], { isBroken: true });
    device.total = 3;
    await poller.start();
    await clock.advance(1_000);
    expect(poller.latest()).toMatchObject({ value: 3, sums: { 24: 0 } });
    expect(kept).toHaveLength(2);
  });
});

describe("a sensor that counts up, while the time is not known", () => {
  /** An hour that brought 300 mm; the clock stands in its middle, at which the box was saved last. */
  const CLOUDBURST = Array.from({ length: 61 }, (_, minute) => [30 - minute, minute * 5] as const);

  test("puts nothing among the totals of another hour: no rain fell between them", async () => {
    const { clock, startMs, device, time, poller, kept, bars } = createGauge(CLOUDBURST, { isSynced: false });
    device.total = 0;
    await poller.start();
    for (const total of [0.2, 0.4, 0.4]) {
      await clock.advance(MINUTE_MS);
      device.total = total;
    }
    expect(kept).toHaveLength(CLOUDBURST.length);
    // Two hours after the cut the network knows better.
    clock.set(startMs + 2.5 * HOUR_MS);
    time.isSynced = true;
    await clock.advance(5 * MINUTE_MS);
    expect(kept.length).toBeGreaterThan(CLOUDBURST.length);
    expect(await bars()).toBeCloseTo(300.4);
  });

  test("warns of what falls from then on: what it counted before is not taken for rain of a moment ago", async () => {
    const { clock, device, poller } = createGauge([[0.05, 100]], { isSynced: false });
    device.total = 160;
    await poller.start();
    await clock.advance(1_000);
    expect(poller.latest()?.sums).toMatchObject({ 1: 0, 24: 0 });
    device.total = 191;
    await clock.advance(MINUTE_MS);
    expect(poller.latest()?.sums).toMatchObject({ 1: 31, 24: 31 });
  });

  test("knows what fell before as soon as the time is known, and spreads over the cut what came in it", async () => {
    const past = [
      [20, 80],
      [10, 100],
    ] as const;
    const { clock, startMs, device, time, poller, kept } = createGauge(past, { isSynced: false });
    device.total = 160;
    await poller.start();
    await clock.advance(MINUTE_MS);
    device.total = 163;
    await clock.advance(MINUTE_MS);
    expect(poller.latest()?.sums).toMatchObject({ 1: 3, 24: 3 });
    // The last total was of four hours before the start: 60 mm came in them.
    clock.set(startMs + 230 * MINUTE_MS + 2 * MINUTE_MS);
    time.isSynced = true;
    await clock.advance(MINUTE_MS);
    const sums = poller.latest()?.sums;
    expect(sums?.[24]).toBeCloseTo(83, 0);
    // An hour's share of the sixty, less the minutes since the start, and the three of this run.
    expect(sums?.[1]).toBeGreaterThan(15);
    expect(sums?.[1]).toBeLessThan(18.1);
    expect(kept.slice(past.length).map(({ at, value }) => [Date.parse(at) - startMs, value])).toEqual([
      [233 * MINUTE_MS, 163],
    ]);
  });

  test("keeps nothing that is dated before what is kept when a clock that was ahead is set back", async () => {
    const { clock, startMs, device, poller, kept, bars } = createGauge([[2, 299]]);
    device.total = 300;
    await poller.start();
    for (let minute = 0; minute < 20; minute += 1) {
      // Ten minutes were wrong.
      if (minute === 5) clock.set(clock.now().wallMs - 10 * MINUTE_MS);
      await clock.advance(MINUTE_MS);
      device.total += 0.2;
    }
    expect(poller.latest()?.sums?.[1]).toBeCloseTo(4.8);
    const times = kept.map(({ at }) => Date.parse(at));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBe(startMs + 10 * MINUTE_MS);
    expect(await bars()).toBeCloseTo(4.8);
  });

  test("waits likewise for what a run before dated ahead, but not for days", async () => {
    const ahead = createGauge([[-30, 300]]);
    await ahead.poller.start();
    await ahead.clock.advance(40 * MINUTE_MS);
    expect(ahead.kept.map(({ at }) => (Date.parse(at) - ahead.startMs) / MINUTE_MS)).toEqual([
      ...[30, 31, 32, 33, 34, 35],
      ...[36, 37, 38, 39, 40],
    ]);
    const farAhead = createGauge([[-3 * 24 * 60, 300]]);
    await farAhead.poller.start();
    await farAhead.clock.advance(MINUTE_MS);
    expect(farAhead.kept).toHaveLength(3);
  });
});
