import { errorCode, errorMessage, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { ReadingStore, StoredReading } from "../core/stores.ts";
import type { Clock, Timer } from "../core/time.ts";
import { isoTime } from "../core/time.ts";
import type { ClockQuality } from "./ledger.ts";
import type { Database } from "./sql.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MAX_BATCH = 5000;
// So many rows at once hold up an alarm's commit by some milliseconds only.
const RETENTION_STEP = 2000;

export interface ReadingsDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly clockQuality: () => ClockQuality;
  readonly log: Logger;
}

export interface ReadingsConfig {
  /** Between two writes, ms; also what a power cut can lose. Default 2000. */
  readonly flushMs?: number;
  /** Readings kept in memory while the disk takes none. Default 20,000. */
  readonly maxBuffered?: number;
  /** Older readings are removed, hourly and only while the clock is synced. Default 400 days. */
  readonly keepDays?: number;
}

/**
 * `between` includes both ends; of more than `limit` readings it gives the newest, in order of time.
 * Of two readings of a sensor in the same millisecond the later stays.
 */
export interface StoredReadings extends ReadingStore, Part {
  /** Readings given up since the start: the disk was full for too long, or they made no sense. */
  readonly dropped: number;
  /** Writes what is buffered; a disk that takes nothing is logged and tried again. */
  flush(): Promise<void>;
}

interface BufferedReading {
  readonly sensor: string;
  readonly atMs: number;
  readonly value: number | null;
  readonly quality: string;
}

export function createReadings(
  { database, clock, clockQuality, log }: ReadingsDependencies,
  { flushMs = 2000, maxBuffered = 20_000, keepDays = 400 }: ReadingsConfig = {},
): StoredReadings {
  let buffered: BufferedReading[] = [];
  let dropped = 0;
  let failing = false;
  let running = false;
  let timer: Timer | undefined;
  let flushing: Promise<void> | undefined;
  let nextRetentionMs = 0;

  function dropOldest(): void {
    const excess = buffered.length - maxBuffered;
    if (excess <= 0) return;
    buffered.splice(0, excess);
    dropped += excess;
  }

  async function write(batch: readonly BufferedReading[]): Promise<void> {
    const rows = JSON.stringify(
      batch.map(({ sensor, atMs, value, quality }) => [sensor, atMs, value, quality]),
    );
    await database.transaction(async ({ run }) => {
      await run("INSERT OR IGNORE INTO sensors (id) SELECT DISTINCT value ->> 0 FROM json_each(?)", [rows]);
      await run(
        `INSERT OR REPLACE INTO readings (sensor, at_ms, value, quality)
         SELECT sensors.number, row.value ->> 1, row.value ->> 2, row.value ->> 3
         FROM json_each(?) AS row JOIN sensors ON sensors.id = row.value ->> 0`,
        [rows],
      );
    });
  }

  async function flushBuffered(): Promise<void> {
    while (buffered.length > 0) {
      const batch = buffered.slice(0, MAX_BATCH);
      buffered = buffered.slice(MAX_BATCH);
      try {
        await write(batch);
        failing = false;
      } catch (error) {
        const retry = error instanceof GatewayError && error.kind === "transient";
        if (retry) {
          buffered = [...batch, ...buffered];
          dropOldest();
        } else {
          dropped += batch.length;
        }
        if (!failing || !retry) {
          log.warn({ code: errorCode(error), reason: errorMessage(error) }, "readings could not be stored");
        }
        failing = true;
        return;
      }
    }
  }

  function flush(): Promise<void> {
    flushing ??= flushBuffered().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }

  /** Removes what is too old, in steps; by sensor, because the key of the table begins with it. */
  async function forgetOld(): Promise<void> {
    const beforeMs = clock.now().wallMs - keepDays * DAY_MS;
    const sensors = await database.all<{ number: number }>("SELECT number FROM sensors");
    for (const { number } of sensors) {
      for (let removed = RETENTION_STEP; running && removed === RETENTION_STEP; ) {
        removed = await database.transaction(({ run }) =>
          run(
            `DELETE FROM readings WHERE sensor = ?1 AND at_ms IN
               (SELECT at_ms FROM readings WHERE sensor = ?1 AND at_ms < ?2 ORDER BY at_ms LIMIT ?3)`,
            [number, beforeMs, RETENTION_STEP],
          ),
        );
      }
    }
  }

  async function tick(): Promise<void> {
    await flush();
    const now = clock.now();
    if (now.monotonicMs >= nextRetentionMs && clockQuality() === "synced") {
      nextRetentionMs = now.monotonicMs + HOUR_MS;
      await forgetOld().catch((error: unknown) => {
        log.warn(
          { code: errorCode(error), reason: errorMessage(error) },
          "old readings could not be removed",
        );
      });
    }
    if (running) schedule();
  }

  let ticking: Promise<void> = Promise.resolve();
  function schedule(): void {
    timer = clock.after(flushMs, () => {
      ticking = tick();
    });
  }

  return {
    name: "readings",
    get dropped() {
      return dropped;
    },
    flush,
    add({ sensor, at, value, quality }) {
      const atMs = Date.parse(at);
      if (Number.isNaN(atMs)) {
        dropped += 1;
        return;
      }
      buffered.push({ sensor, atMs, value, quality });
      dropOldest();
    },
    async between(sensor, fromIso, toIso, limit) {
      const rows = await database.all<{ atMs: number; value: number | null; quality: string }>(
        `SELECT at_ms AS atMs, value, quality FROM readings
         WHERE sensor = (SELECT number FROM sensors WHERE id = ?) AND at_ms BETWEEN ? AND ?
         ORDER BY at_ms DESC LIMIT ?`,
        [sensor, Date.parse(fromIso), Date.parse(toIso), limit],
      );
      return rows.reverse().map(({ atMs, value, quality }): StoredReading => {
        return { sensor, at: isoTime(atMs), value, quality };
      });
    },
    async start() {
      if (running) return;
      running = true;
      schedule();
    },
    async stop() {
      if (!running) return;
      running = false;
      timer?.cancel();
      await ticking;
      await flush();
    },
  };
}
