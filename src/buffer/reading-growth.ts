import { type Accumulation, mostOfWrap } from "../core/growth.ts";
import type { Database } from "./sql.ts";

/** Sums of tenths stay tenths. */
const DECIMALS_KEPT = 6;

/**
 * By how much a sensor that counts up grew in each part, by the time at which the part begins; only parts with a good reading. Each
 * step counts where it was read, so that the parts of any stretch add up to the same: the first one is measured from the last good
 * reading before. The rule is `grownBetween`'s, in SQL: a season of readings need not leave the database. Each part reads its own piece
 * of the key; only one with a good reading looks for the one before it, however long nobody answered.
 */
export async function growthOf(
  database: Pick<Database, "all">,
  sensor: string,
  span: { readonly fromMs: number; readonly toMs: number; readonly partMs: number },
  { wrapsAt }: Accumulation,
): Promise<ReadonlyMap<number, number>> {
  const { fromMs, toMs, partMs } = span;
  const rows = await database.all<{ at: number; grown: number | null }>(
    `WITH RECURSIVE
       sensor (number) AS (SELECT number FROM sensors WHERE id = ?1),
       parts (at) AS (SELECT ?2 UNION ALL SELECT at + ?4 FROM parts WHERE at + ?4 < ?3)
     SELECT at, (
       SELECT sum(CASE WHEN before IS NULL THEN 0.0 WHEN value >= before THEN value - before
         WHEN ?5 - before + value <= ?6 THEN ?5 - before + value ELSE max(0.0, value) END)
       FROM (
         SELECT at_ms, value, lag(value) OVER (ORDER BY at_ms) AS before FROM readings
         WHERE sensor = (SELECT number FROM sensor) AND quality = 'good' AND at_ms < min(at + ?4, ?3) AND at_ms >=
           CASE WHEN EXISTS (
             SELECT 1 FROM readings WHERE sensor = (SELECT number FROM sensor) AND at_ms >= at AND at_ms < min(at + ?4, ?3)
               AND quality = 'good')
           THEN coalesce((
             SELECT at_ms FROM readings WHERE sensor = (SELECT number FROM sensor) AND at_ms < at AND quality = 'good'
             ORDER BY at_ms DESC LIMIT 1), at)
           ELSE at END)
       WHERE at_ms >= at) AS grown
     FROM parts`,
    [sensor, fromMs, toMs, partMs, wrapsAt ?? null, mostOfWrap(wrapsAt)],
  );
  return new Map(
    rows.flatMap(({ at, grown }) => {
      return grown === null ? [] : [[at, Number(grown.toFixed(DECIMALS_KEPT))] as const];
    }),
  );
}
