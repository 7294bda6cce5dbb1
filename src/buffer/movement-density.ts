import { LONGEST_SPAN_MS, type MovementDensity } from "../core/movement.ts";
import type { Database } from "./sql.ts";

/** What was seen on one look only lasted so long, as far as anybody knows. */
const LEAST_MS = 1_000;

/**
 * Movement added up in parts by SQLite itself: a month of it is a hundred thousand rows and more, of which a bar can draw some hundred.
 * Each part reads its own piece of the key, so that nothing is sorted.
 */
export async function densityOf(
  database: Pick<Database, "all">,
  camera: string,
  fromMs: number,
  toMs: number,
  parts: number,
): Promise<MovementDensity[]> {
  const partMs = Math.max(1, Math.ceil((toMs - fromMs) / parts));
  const rows = await database.all<{ sums: string | null }>(
    `WITH RECURSIVE
       camera (number) AS (SELECT number FROM movement_cameras WHERE id = ?1),
       parts (at, since) AS (
         SELECT ?2, ?2 - ?5 UNION ALL SELECT at + ?4, at + ?4 FROM parts WHERE at + ?4 < ?3
       )
     SELECT (
       SELECT json_array(min(start_ms), max(start_ms + duration_ms), sum(duration_ms), count(*)) FROM movement
       WHERE camera = (SELECT number FROM camera)
         AND start_ms >= since AND start_ms < min(at + ?4, ?3) AND start_ms + duration_ms >= at
     ) AS sums FROM parts`,
    [camera, fromMs, toMs, partMs, LONGEST_SPAN_MS],
  );
  return rows.flatMap(({ sums }) => {
    const [first, last, movedMs, count] = JSON.parse(sums ?? "[]") as (number | null)[];
    if (typeof first !== "number" || typeof last !== "number" || !count) return [];
    const begin = Math.max(fromMs, first);
    const end = Math.min(toMs, Math.max(last, begin + LEAST_MS));
    const share = Math.max(movedMs ?? 0, LEAST_MS) / Math.max(1, end - begin);
    return [{ fromMs: begin, toMs: end, share: Math.min(1, share) }];
  });
}
