import { type Accumulation, mostOfWrap } from "../core/growth.ts";
import type { Database } from "./sql.ts";

/** Sums of tenths stay tenths. */
const DECIMALS_KEPT = 6;

/**
 * By how much a sensor that counts up grew in each part, by the part's number; only parts with a good reading. Each step counts where
 * it was read, so that the parts of any stretch add up to the same: the first one is measured from the last good reading before.
 * The rule is `grownBetween`'s, in SQL: a season of readings need not leave the database.
 */
export async function growthOf(
  database: Pick<Database, "all">,
  sensor: string,
  span: { readonly fromMs: number; readonly toMs: number; readonly partMs: number },
  { wrapsAt }: Accumulation,
): Promise<ReadonlyMap<number, number>> {
  const { fromMs, toMs, partMs } = span;
  const rows = await database.all<{ part: number; grown: number }>(
    `WITH sensor (number) AS (SELECT number FROM sensors WHERE id = ?1),
       start (at_ms) AS (
         SELECT at_ms FROM readings WHERE sensor = (SELECT number FROM sensor) AND at_ms < ?2 AND quality = 'good'
         ORDER BY at_ms DESC LIMIT 1),
       steps AS (
         SELECT at_ms, value, lag(value) OVER (ORDER BY at_ms) AS before FROM readings
         WHERE sensor = (SELECT number FROM sensor) AND quality = 'good'
           AND at_ms >= coalesce((SELECT at_ms FROM start), ?2) AND at_ms < ?3)
     SELECT (at_ms - ?2) / ?4 AS part, sum(
       CASE WHEN before IS NULL THEN 0.0 WHEN value >= before THEN value - before
         WHEN ?5 - before + value <= ?6 THEN ?5 - before + value ELSE max(0.0, value) END) AS grown
     FROM steps WHERE at_ms >= ?2 GROUP BY part`,
    [sensor, fromMs, toMs, partMs, wrapsAt ?? null, mostOfWrap(wrapsAt)],
  );
  return new Map(rows.map(({ part, grown }) => [part, Number(grown.toFixed(DECIMALS_KEPT))]));
}
