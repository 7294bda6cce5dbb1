import type { Part } from "../core/part.ts";
import type { ReadingStore, StoredReading } from "../core/stores.ts";
import { isoTime } from "../core/time.ts";
import { type BufferedRowsDependencies, createBufferedRows, RETENTION_STEP } from "./buffered-rows.ts";
import { curveOf } from "./reading-curve.ts";
import type { Database } from "./sql.ts";

const DAY_MS = 86_400_000;

export interface ReadingsDependencies extends BufferedRowsDependencies {
  readonly database: Database;
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
  { database, ...dependencies }: ReadingsDependencies,
  { flushMs = 2000, maxBuffered = 20_000, keepDays = 400 }: ReadingsConfig = {},
): StoredReadings {
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

  /** Removes what is too old, in steps; by sensor, because the key of the table begins with it. */
  async function forget(isSynced: boolean, isRunning: () => boolean): Promise<void> {
    if (!isSynced) return;
    const beforeMs = dependencies.clock.now().wallMs - keepDays * DAY_MS;
    const sensors = await database.all<{ number: number }>("SELECT number FROM sensors");
    for (const { number } of sensors) {
      for (let removed = RETENTION_STEP; isRunning() && removed === RETENTION_STEP; ) {
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

  const rows = createBufferedRows(dependencies, { what: "readings", flushMs, maxBuffered, write, forget });
  return {
    name: rows.name,
    get dropped() {
      return rows.dropped;
    },
    start: rows.start,
    stop: rows.stop,
    flush: rows.flush,
    add({ sensor, at, value, quality }) {
      const atMs = Date.parse(at);
      if (Number.isNaN(atMs)) rows.drop();
      else rows.add({ sensor, atMs, value, quality });
    },
    curve: (...asked) => curveOf(database, ...asked),
    async between(sensor, fromIso, toIso, limit) {
      const found = await database.all<{ atMs: number; value: number | null; quality: string }>(
        `SELECT at_ms AS atMs, value, quality FROM readings
         WHERE sensor = (SELECT number FROM sensors WHERE id = ?) AND at_ms BETWEEN ? AND ?
         ORDER BY at_ms DESC LIMIT ?`,
        [sensor, Date.parse(fromIso), Date.parse(toIso), limit],
      );
      return found.reverse().map(({ atMs, value, quality }): StoredReading => {
        return { sensor, at: isoTime(atMs), value, quality };
      });
    },
  };
}
