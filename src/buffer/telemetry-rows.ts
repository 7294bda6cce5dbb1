import type { Database } from "./sql.ts";

const DAY_MS = 86_400_000;

export interface TelemetryRows {
  /** Removes the oldest readings and movement, about a day of one kind, at most so many rows. @returns undefined for none left. */
  removeOldest(
    limit: number,
  ): Promise<{ readonly readings: number; readonly spans: number; readonly throughMs: number } | undefined>;
}

/** What is outside of the chain, by age. Of each sensor and camera apart, because the keys begin with them. */
export function createTelemetryRows(database: Database): TelemetryRows {
  const oldest = (table: string, of: string, keys: string, key: string) =>
    database.all<{ number: number; atMs: number }>(
      `SELECT number, (SELECT min(${key}) FROM ${table} WHERE ${of} = number) AS atMs FROM ${keys}
       WHERE atMs IS NOT NULL ORDER BY atMs`,
    );

  async function removeFrom(table: string, of: string, key: string, number: number, rest: [number, number]) {
    return database.transaction(({ run }) =>
      run(
        `DELETE FROM ${table} WHERE ${of} = ?1 AND ${key} <= (SELECT max(${key}) FROM
           (SELECT ${key} FROM ${table} WHERE ${of} = ?1 AND ${key} < ?2 ORDER BY ${key} LIMIT ?3))`,
        [number, ...rest],
      ),
    );
  }

  return {
    async removeOldest(limit) {
      const readings = await oldest("readings", "sensor", "sensors", "at_ms");
      const spans = await oldest("movement", "camera", "movement_cameras", "start_ms");
      const firstMs = Math.min(readings[0]?.atMs ?? Infinity, spans[0]?.atMs ?? Infinity);
      if (firstMs === Number.POSITIVE_INFINITY) return undefined;
      const beforeMs = firstMs + DAY_MS;
      const removed = { readings: 0, spans: 0 };
      for (const { number, atMs } of readings) {
        const left = limit - removed.readings - removed.spans;
        if (atMs >= beforeMs || left <= 0) break;
        removed.readings += await removeFrom("readings", "sensor", "at_ms", number, [beforeMs, left]);
      }
      for (const { number, atMs } of spans) {
        const left = limit - removed.readings - removed.spans;
        if (atMs >= beforeMs || left <= 0) break;
        removed.spans += await removeFrom("movement", "camera", "start_ms", number, [beforeMs, left]);
      }
      return { ...removed, throughMs: beforeMs };
    },
  };
}
