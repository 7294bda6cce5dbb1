// sense/: sensors and inputs become observations. It may import core/ only; readers and contacts come in through
// core ports.
import type { SensorReader } from "../core/devices.ts";
import { errorCode, isAbort } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { ReadingObservation } from "../core/observation.ts";
import type { Part } from "../core/part.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Sensor } from "../core/site.ts";
import type { ReadingStore } from "../core/stores.ts";
import { type Clock, isoTime } from "../core/time.ts";
import { createCounter } from "./counter.ts";

/** One answer missed on a long cable is nothing; this many in a row are a lost sensor. */
const MISSES_UNTIL_LOST = 3;

export interface SensorPoller extends Part {
  readonly sensor: Sensor;
  readonly unit: string;
  readonly accumulates: SensorReader["accumulates"];
  readonly observations: Signal<ReadingObservation>;
  /** The last reading; absent before the first attempt ended. */
  latest(): ReadingObservation | undefined;
}

export interface SensorPollerDependencies {
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  /** Where readings are kept. */
  readonly readings?: Pick<ReadingStore, "add" | "between"> | undefined;
  readonly log: Logger;
}

/** Reads one sensor at its interval, for ever. */
export function createSensorPoller(
  dependencies: SensorPollerDependencies,
  sensor: Sensor,
  reader: SensorReader,
): SensorPoller {
  const { clock, readings } = dependencies;
  const log = dependencies.log.child({ sensor: sensor.id });
  const observations = createSignal<ReadingObservation>();
  const { accumulates } = reader;
  const counter = accumulates && createCounter({ ...dependencies, log }, sensor.id, accumulates);
  let latest: ReadingObservation | undefined;
  let misses = 0;
  let abort: AbortController | undefined;
  let running: Promise<void> | undefined;

  function report(value: number | null, quality: ReadingObservation["quality"]): void {
    if (latest?.quality !== quality) log.info({ quality }, "sensor quality");
    const at = clock.now();
    latest = {
      kind: "reading",
      sensor: sensor.id,
      value,
      unit: reader.unit,
      quality,
      ...(counter && value !== null && { sums: counter.count(value, at) }),
      at,
    };
    if (!counter || counter.keeps(at)) {
      readings?.add({ sensor: sensor.id, at: isoTime(at.wallMs), value, quality });
    }
    observations.emit(latest);
  }

  /** What an attempt showed; undefined for a miss that may be nothing. */
  async function read(): Promise<Pick<ReadingObservation, "value" | "quality"> | undefined> {
    try {
      const value = await reader.read();
      misses = 0;
      return { value, quality: value === null ? "invalid" : "good" };
    } catch (error) {
      misses++;
      log.debug({ code: errorCode(error), misses }, "sensor did not answer");
      return misses >= MISSES_UNTIL_LOST ? { value: null, quality: "lost" } : undefined;
    }
  }

  async function poll(signal: AbortSignal): Promise<void> {
    await counter?.remember();
    const reading = await read();
    if (!reading || signal.aborted) return;
    try {
      report(reading.value, reading.quality);
    } catch (error) {
      // Whoever listens is at fault, not the sensor: the next reading must come all the same.
      log.error({ code: errorCode(error), error: String(error) }, "a reading could not be handed on");
    }
  }

  async function runForEver(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await poll(signal);
      await clock.sleep(sensor.pollSeconds * 1000, signal);
    }
  }

  return {
    name: `sensor ${sensor.id}`,
    health() {
      const name = `sensor ${sensor.id}`;
      if (!latest) return { name, status: "starting" };
      return latest.quality === "good"
        ? { name, status: "ok" }
        : { name, status: "degraded", reason: `sensor.${latest.quality}` };
    },
    sensor,
    unit: reader.unit,
    accumulates,
    observations,
    latest: () => latest,
    async start() {
      abort = new AbortController();
      running = runForEver(abort.signal).catch((error: unknown) => {
        if (!isAbort(error)) log.error({ error: String(error) }, "sensor polling ended");
      });
    },
    async stop() {
      abort?.abort();
      await running;
    },
  };
}
