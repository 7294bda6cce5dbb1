import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { ReadingObservation } from "../../../src/core/observation.ts";
import type { Sensor } from "../../../src/core/site.ts";
import type { StoredReading } from "../../../src/core/stores.ts";
import { isoTime } from "../../../src/core/time.ts";
import { createSensorPoller } from "../../../src/sense/sensor-poller.ts";
import { createManualClock } from "../../support/manual-clock.ts";

const SENSOR: Sensor = {
  id: "pond-level",
  name: "东塘水位",
  profile: "generic-level",
  bus: "rs485-1",
  address: 1,
  pollSeconds: 5,
};

type Answer = number | null | "silence";

function createRig() {
  const clock = createManualClock();
  const device = { answer: 2.3 as Answer, delayMs: 0, asked: 0 };
  const reader = {
    unit: "m",
    async read() {
      device.asked++;
      if (device.delayMs > 0) await clock.sleep(device.delayMs);
      if (device.answer === "silence") {
        throw new GatewayError("No answer", { code: "modbus.timeout", kind: "transient" });
      }
      return device.answer;
    },
  };
  const kept: StoredReading[] = [];
  const readings = { add: (reading: StoredReading) => void kept.push(reading), between: async () => [] };
  const poller = createSensorPoller(
    { clock, isClockSynced: () => false, readings, log: silentLogger },
    SENSOR,
    reader,
  );
  const seen: ReadingObservation[] = [];
  poller.observations.on((observation) => seen.push(observation));
  const shown = (): string[] =>
    seen.map(({ at, value, quality }) => `${at.monotonicMs / 1000} ${value} ${quality}`);
  return { clock, device, poller, seen, shown, kept };
}

describe("a sensor", () => {
  test("is read at once and then at its interval", async () => {
    const { clock, poller, seen, shown } = createRig();
    expect(poller.health?.()).toMatchObject({ status: "starting" });
    await poller.start();
    await clock.advance(11_000);
    expect(shown()).toEqual(["0 2.3 good", "5 2.3 good", "10 2.3 good"]);
    expect(seen[0]).toMatchObject({ kind: "reading", sensor: "pond-level", unit: "m" });
    expect(poller.latest()).toBe(seen.at(-1));
    expect(poller.health?.()).toMatchObject({ status: "ok" });
  });

  test("keeps each reading, also while the time is not known: a level is what it is", async () => {
    const { clock, device, poller, kept } = createRig();
    const { wallMs } = clock.now();
    await poller.start();
    await clock.advance(1_000);
    device.answer = null;
    await clock.advance(5_000);
    expect(kept).toEqual([
      { sensor: "pond-level", at: isoTime(wallMs), value: 2.3, quality: "good" },
      { sensor: "pond-level", at: isoTime(wallMs + 5_000), value: null, quality: "invalid" },
    ]);
  });

  test("that says itself that it has no value is invalid at once", async () => {
    const { clock, device, poller, shown } = createRig();
    device.answer = null;
    await poller.start();
    await clock.settle();
    expect(shown()).toEqual(["0 null invalid"]);
    expect(poller.health?.()).toMatchObject({ status: "degraded", reason: "sensor.invalid" });
  });

  test("that misses an answer or two keeps its last value, and is lost after three", async () => {
    const { clock, device, poller, shown } = createRig();
    await poller.start();
    await clock.advance(1000);
    device.answer = "silence";
    await clock.advance(10_000);
    expect(poller.latest()).toMatchObject({ value: 2.3, quality: "good" });
    await clock.advance(10_000);
    expect(shown()).toEqual(["0 2.3 good", "15 null lost", "20 null lost"]);
    expect(poller.health?.()).toMatchObject({ status: "degraded", reason: "sensor.lost" });
  });

  test("that answers in between is not lost, and comes back with its first answer", async () => {
    const { clock, device, poller, shown } = createRig();
    device.answer = "silence";
    await poller.start();
    await clock.advance(7000);
    device.answer = 2.4;
    await clock.advance(4000);
    device.answer = "silence";
    await clock.advance(15_000);
    device.answer = 2.5;
    await clock.advance(5000);
    expect(shown()).toEqual(["10 2.4 good", "25 null lost", "30 2.5 good"]);
  });

  test("goes on when somebody who listens fails: that is not the sensor's fault", async () => {
    const { clock, poller, shown } = createRig();
    poller.observations.on(() => {
      throw new Error("a mistake elsewhere");
    });
    await poller.start();
    await clock.advance(6000);
    expect(shown()).toEqual(["0 2.3 good", "5 2.3 good"]);
    expect(poller.health?.()).toMatchObject({ status: "ok" });
  });

  test("tells nothing after it was stopped, and leaves no timer", async () => {
    const { clock, device, poller, seen } = createRig();
    device.delayMs = 300;
    await poller.start();
    await clock.advance(100);
    const stopped = poller.stop();
    await clock.advance(1000);
    await stopped;
    expect(seen).toEqual([]);
    await poller.stop();
    await clock.advance(20_000);
    expect(device.asked).toBe(1);
    expect(clock.pending()).toBe(0);
  });
});
