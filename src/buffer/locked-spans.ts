import type { Transaction } from "./sql.ts";

/**
 * Whether a row of `segments` is evidence: a locked span touches it. One that still grows may reach into every span
 * that ends after its beginning.
 */
export const IS_EVIDENCE = `EXISTS (
  SELECT 1 FROM locked_spans AS span
  WHERE span.camera = segments.camera AND span.to_ms > segments.start_ms
    AND (segments.is_open = 1 OR span.from_ms < max(segments.end_ms, segments.start_ms + 1)))`;

export interface ChangedLock {
  readonly path: string;
  readonly isLocked: number;
}

/** Keeps a span, beside those that are kept already. */
export async function lockSpan(
  { run }: Transaction,
  camera: string,
  fromMs: number,
  toMs: number,
): Promise<void> {
  await run(
    `INSERT INTO locked_spans (camera, from_ms, to_ms) SELECT ?1, ?2, ?3
     WHERE NOT EXISTS (SELECT 1 FROM locked_spans WHERE camera = ?1 AND from_ms <= ?2 AND to_ms >= ?3)`,
    [camera, fromMs, toMs],
  );
}

/** Takes a span out of those that are kept: what they hold before and after it stays. */
export async function unlockSpan(
  { run }: Transaction,
  camera: string,
  fromMs: number,
  toMs: number,
): Promise<void> {
  const span = [camera, fromMs, toMs];
  await run(
    `INSERT INTO locked_spans (camera, from_ms, to_ms)
     SELECT camera, from_ms, ?2 FROM locked_spans WHERE camera = ?1 AND from_ms < ?2 AND to_ms > ?2
     UNION ALL
     SELECT camera, ?3, to_ms FROM locked_spans WHERE camera = ?1 AND from_ms < ?3 AND to_ms > ?3`,
    span,
  );
  await run("DELETE FROM locked_spans WHERE camera = ?1 AND from_ms < ?3 AND to_ms > ?2", span);
}

/** Brings the segments that `where` names into agreement with the spans. @returns those that changed. */
export async function applySpans(
  { run, all }: Transaction,
  where: string,
  value: string | number,
): Promise<ChangedLock[]> {
  const differing = `${where} AND is_locked <> ${IS_EVIDENCE}`;
  const changed = await all<ChangedLock>(
    `SELECT path, 1 - is_locked AS isLocked FROM segments WHERE ${differing}`,
    [value],
  );
  if (changed.length > 0) {
    await run(`UPDATE segments SET is_locked = 1 - is_locked WHERE ${differing}`, [value]);
  }
  return changed;
}
