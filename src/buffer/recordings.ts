import { chmod } from "node:fs/promises";
import { join, relative } from "node:path";
import { errorCode, errorMessage } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { CameraUsage, RecordedAmount, Segment, SegmentCatalogue } from "../core/recordings.ts";
import type { Clock } from "../core/time.ts";
import { applySpans, type ChangedLock, IS_EVIDENCE, lockSpan, unlockSpan } from "./locked-spans.ts";
import type { Database, SqlValue } from "./sql.ts";

/** A file that is evidence may not be written: so a lock is found again with the file when the index is lost. */
const MODE = { locked: 0o440, open: 0o640 } as const;

export interface RecordingsDependencies {
  readonly database: Database;
  /** Where the files of recordings stand. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
}

interface Row extends Omit<Segment, "isOpen" | "isLocked"> {
  readonly isOpen: number;
  readonly isLocked: number;
}

const COLUMNS = `id, camera, start_ms AS startMs, end_ms AS endMs, clock, size_bytes AS sizeBytes, path,
  media_type AS mediaType, is_open AS isOpen, is_locked AS isLocked`;

type Growth = Pick<Segment, "endMs" | "sizeBytes">;

/**
 * The index of recordings. How far open segments have grown is kept in memory: a row is written when a segment begins
 * and when it ends, so that recording costs the card no journal between.
 */
export function createRecordings({
  database,
  folder,
  clock: time,
  log,
}: RecordingsDependencies): SegmentCatalogue {
  const growing = new Map<number, Growth>();

  function toSegment({ isOpen, isLocked, path, ...row }: Row): Segment {
    return {
      ...row,
      ...growing.get(row.id),
      path: join(folder, path),
      isOpen: isOpen === 1,
      isLocked: isLocked === 1,
    };
  }

  async function select(rest: string, values: readonly SqlValue[] = []): Promise<Segment[]> {
    const rows = await database.all<Row>(`SELECT ${COLUMNS} FROM segments ${rest}`, values);
    return rows.map(toSegment);
  }

  async function mark(path: string, mode: number): Promise<void> {
    try {
      await chmod(path, mode);
    } catch (error) {
      // The row says the same; only a lost index would not know.
      log.warn(
        { path, code: errorCode(error), reason: errorMessage(error) },
        "a lock was not marked on its file",
      );
    }
  }

  async function markAll(changed: readonly ChangedLock[]): Promise<void> {
    for (const { path, isLocked } of changed) {
      await mark(join(folder, path), isLocked === 1 ? MODE.locked : MODE.open);
    }
  }

  return {
    async add({ camera, startMs, clock, path, mediaType }) {
      const stored = relative(folder, path);
      const { id, changed } = await database.transaction(async (statements) => {
        await statements.run(
          `INSERT INTO segments (camera, start_ms, end_ms, recorded_ms, clock, size_bytes, path, media_type, is_open, is_locked)
           SELECT ?1, ?2, ?2, iif(?3 = 'synced', ?2, max(?2, coalesce((SELECT max(recorded_ms) FROM segments), ?2))),
             ?3, 0, ?4, ?5, 1, 0`,
          [camera, startMs, clock, stored, mediaType],
        );
        const [row] = await statements.all<{ id: number }>("SELECT id FROM segments WHERE path = ?", [
          stored,
        ]);
        const entered = row?.id ?? 0;
        return { id: entered, changed: await applySpans(statements, "id = ?1", entered) };
      });
      await markAll(changed);
      growing.set(id, { endMs: startMs, sizeBytes: 0 });
      return id;
    },
    async update(id, { endMs, sizeBytes, isOpen }) {
      if (isOpen) {
        if (growing.has(id)) growing.set(id, { endMs, sizeBytes });
        return;
      }
      const changed = await database.transaction(async (statements) => {
        await statements.run("UPDATE segments SET end_ms = ?2, size_bytes = ?3, is_open = 0 WHERE id = ?1", [
          id,
          endMs,
          sizeBytes,
        ]);
        return applySpans(statements, "id = ?1", id);
      });
      growing.delete(id);
      await markAll(changed);
    },
    async remove(ids) {
      await database.transaction(({ run }) =>
        run("DELETE FROM segments WHERE id IN (SELECT value FROM json_each(?))", [JSON.stringify(ids)]),
      );
      for (const id of ids) growing.delete(id);
    },
    async between(camera, fromMs, toMs) {
      // An open row's end is in memory, so that it is looked at afterwards.
      const found = await select(
        "WHERE camera = ?1 AND start_ms < ?3 AND (end_ms > ?2 OR is_open = 1) ORDER BY start_ms, id",
        [camera, fromMs, toMs],
      );
      return found.filter(({ endMs }) => endMs > fromMs);
    },
    all: () => select("ORDER BY start_ms, id"),
    async setLocked(camera, fromMs, toMs, isLocked) {
      // One that still grows counts when it began before the end of the span: it may reach into it yet.
      const where = "camera = ?1 AND start_ms < ?3 AND (end_ms > ?2 OR is_open = 1)";
      const { touched, changed } = await database.transaction(async (statements) => {
        await (isLocked ? lockSpan : unlockSpan)(statements, camera, fromMs, toMs);
        return {
          touched: await statements.all(`SELECT id FROM segments WHERE ${where}`, [camera, fromMs, toMs]),
          changed: await applySpans(statements, "camera = ?1", camera),
        };
      });
      await markAll(changed);
      return touched.length;
    },
    removable: ({ camera, beforeMs, limit }) =>
      select(
        `WHERE is_open = 0 AND is_locked = 0 ${camera === undefined ? "" : "AND camera = ?2"}
         AND recorded_ms < ?3 ORDER BY recorded_ms LIMIT ?1`,
        [limit, camera ?? null, beforeMs ?? Number.MAX_SAFE_INTEGER],
      ),
    async release(ids) {
      const which = "is_open = 0 AND is_locked = 0 AND id IN (SELECT value FROM json_each(?))";
      const list = [JSON.stringify(ids)];
      return database.transaction(async ({ run, all }) => {
        const rows = await all<Row>(`SELECT ${COLUMNS} FROM segments WHERE ${which}`, list);
        await run(`DELETE FROM segments WHERE ${which}`, list);
        return rows.map(toSegment);
      });
    },
    async usage() {
      const rows = await database.all<CameraUsage>(
        `SELECT camera, count(*) AS segments, sum(size_bytes) AS sizeBytes, sum(size_bytes * is_locked) AS lockedBytes,
           min(recorded_ms) AS oldestMs FROM segments GROUP BY camera`,
      );
      return rows;
    },
    recordedSince: (fromMs) =>
      database.all<RecordedAmount>(
        `SELECT camera, sum(size_bytes) AS sizeBytes, sum(end_ms - start_ms) AS durationMs, min(start_ms) AS firstMs
         FROM segments WHERE recorded_ms >= ? AND is_open = 0 GROUP BY camera`,
        [fromMs],
      ),
    page: (afterId, limit) => select("WHERE id > ? ORDER BY id LIMIT ?", [afterId, limit]),
    async known(paths) {
      const stored = JSON.stringify(paths.map((path) => relative(folder, path)));
      const rows = await database.all<{ path: string }>(
        "SELECT path FROM segments WHERE path IN (SELECT value FROM json_each(?))",
        [stored],
      );
      return new Set(rows.map(({ path }) => join(folder, path)));
    },
    async adopt(found) {
      const rows = found.map(({ camera, startMs, endMs, clock, sizeBytes, path, mediaType, isLocked }) => [
        ...[camera, startMs, endMs, clock, sizeBytes, relative(folder, path), mediaType],
        isLocked ? 1 : 0,
      ]);
      const list = JSON.stringify(rows);
      const changed = await database.transaction(async (statements) => {
        await statements.run(
          `INSERT OR IGNORE INTO segments
             (camera, start_ms, end_ms, recorded_ms, clock, size_bytes, path, media_type, is_open, is_locked)
           SELECT value ->> 0, value ->> 1, value ->> 2,
             iif(value ->> 3 = 'synced', value ->> 1,
               max(?2, value ->> 1, coalesce((SELECT max(recorded_ms) FROM segments), 0))),
             value ->> 3, value ->> 4, value ->> 5, value ->> 6, 0, value ->> 7 FROM json_each(?1)`,
          [list, Math.round(time.now().wallMs)],
        );
        // The file says that it is evidence, and the index has lost for which span.
        await statements.run(
          `INSERT INTO locked_spans (camera, from_ms, to_ms)
           SELECT camera, start_ms, max(end_ms, start_ms + 1) FROM segments
           WHERE is_locked = 1 AND NOT ${IS_EVIDENCE} AND path IN (SELECT value ->> 5 FROM json_each(?))`,
          [list],
        );
        return applySpans(statements, "path IN (SELECT value ->> 5 FROM json_each(?1))", list);
      });
      await markAll(changed);
    },
    async date(recorded) {
      const rows = JSON.stringify(recorded.map(({ id, recordedMs }) => [id, Math.round(recordedMs)]));
      await database.transaction(({ run }) =>
        run(
          `UPDATE segments SET recorded_ms = (SELECT value ->> 1 FROM json_each(?1) WHERE value ->> 0 = segments.id)
           WHERE id IN (SELECT value ->> 0 FROM json_each(?1))`,
          [rows],
        ),
      );
    },
  };
}
