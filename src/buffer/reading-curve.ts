import type { Accumulation } from "../core/growth.ts";
import type { CurvePart } from "../core/stores.ts";
import { isoTime } from "../core/time.ts";
import { growthOf } from "./reading-growth.ts";
import type { Database } from "./sql.ts";

/**
 * A sensor's readings added up in parts by SQLite itself: a season of one that is read each second is millions of rows, of which a plot can
 * draw some hundred. Each part reads its own piece of the key.
 */
export async function curveOf(
  database: Pick<Database, "all">,
  sensor: string,
  fromMs: number,
  toMs: number,
  parts: number,
  accumulates?: Accumulation,
): Promise<CurvePart[]> {
  const partMs = Math.max(1, Math.ceil((toMs - fromMs) / parts));
  const rows = await database.all<{ at: number; sums: string }>(
    `WITH RECURSIVE
       sensor (number) AS (SELECT number FROM sensors WHERE id = ?1),
       parts (at) AS (SELECT ?2 UNION ALL SELECT at + ?4 FROM parts WHERE at + ?4 < ?3)
     SELECT at, (
       SELECT json_array(count(*), min(value) FILTER (WHERE quality = 'good'), max(value) FILTER (WHERE quality = 'good'),
         avg(value) FILTER (WHERE quality = 'good'), sum(quality = 'lost'), sum(quality = 'invalid'))
       FROM readings WHERE sensor = (SELECT number FROM sensor) AND at_ms >= at AND at_ms < min(at + ?4, ?3)
     ) AS sums FROM parts`,
    [sensor, fromMs, toMs, partMs],
  );
  const growth = accumulates && (await growthOf(database, sensor, { fromMs, toMs, partMs }, accumulates));
  return rows.flatMap(({ at, sums }) => {
    const [count, low, high, mean, lost, invalid] = JSON.parse(sums) as (number | null)[];
    if (!count) return [];
    const end = Math.min(toMs, at + partMs);
    const values = { low: low ?? null, high: high ?? null, mean: mean ?? null };
    const grown = growth && { grown: growth.get(at) ?? null };
    return [
      { from: isoTime(at), to: isoTime(end), ...values, ...grown, lost: lost ?? 0, invalid: invalid ?? 0 },
    ];
  });
}
