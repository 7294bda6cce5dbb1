import { isoTime } from "../core/time.ts";
import type { Database } from "./sql.ts";

/**
 * ISO time of the newest event, reading or finished recording in the file: until then at least the box ran. To be asked before
 * anything new is written.
 */
export async function lastSign({ all }: Pick<Database, "all">): Promise<string | undefined> {
  const [row] = await all<{ event: string | null; readingMs: number | null; segmentMs: number | null }>(
    `SELECT
       (SELECT body ->> '$.time' FROM events WHERE body IS NOT NULL ORDER BY seq DESC LIMIT 1) AS event,
       (SELECT max((SELECT max(at_ms) FROM readings WHERE sensor = sensors.number)) FROM sensors) AS readingMs,
       (SELECT end_ms FROM segments ORDER BY id DESC LIMIT 1) AS segmentMs`,
  );
  const eventMs = row?.event ? Date.parse(row.event) : 0;
  const latestMs = Math.max(eventMs, row?.readingMs ?? 0, row?.segmentMs ?? 0);
  return latestMs > 0 ? isoTime(latestMs) : undefined;
}
