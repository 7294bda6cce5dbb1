import { forgetReportFiles } from "./alarm-reports.ts";
import type { Database, Transaction } from "./sql.ts";

/** A file that may go. */
export interface Removable {
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Where the next step goes on. */
  readonly place: number;
}

const ADDED =
  "events.type = 'org.cunshao.evidence.added' AND events.body ->> '$.data.sha256' = evidence.sha256";
/** One picture may be an alarm's, too, when somebody goes over a line and to the water at once. */
const IS_OF_LINE = `EXISTS (SELECT 1 FROM crossings WHERE snapshot = evidence.sha256)
  AND NOT EXISTS (SELECT 1 FROM events WHERE ${ADDED})`;

/** Whether somebody locked the recording of that moment: what belongs to it is evidence as well. */
function isLocked(camera: string, atMs: string): string {
  return `EXISTS (SELECT 1 FROM segments WHERE is_locked = 1 AND segments.camera = ${camera}
    AND segments.start_ms <= ${atMs} + 1000 AND segments.end_ms >= ${atMs} - 1000)`;
}

/** Who may still have to get a file. */
export interface Lacking {
  /** Ids of those that take files. */
  readonly upstreams: readonly string[];
  /** A puller lacks what this event and later ones name; undefined where none lacks anything. */
  readonly unreadFrom: number | undefined;
}

export interface EvidenceRows {
  /** Begins to count the age of what came since the last time. */
  date(nowMs: number): Promise<void>;
  /** The newest crossing that is older than `beforeMs` by a right clock, and so are all before it; 0 for none. */
  lastCrossingBefore(beforeMs: number): Promise<number>;
  /** Bytes of all pictures that are of lines only. */
  lineBytes(): Promise<number>;
  /** Bytes of all other files. */
  evidenceBytes(): Promise<number>;
  /** Pictures that are of lines only, oldest first; `place` is the crossing. */
  oldLinePictures(afterPlace: number, throughPlace: number, limit: number): Promise<Removable[]>;
  /**
   * Everything else that came before `beforeMs`, oldest first. Not among it: what somebody does not have yet, and what belongs to an
   * alarm that is not over or to a locked recording.
   */
  oldEvidence(
    span: { readonly fromMs: number; readonly beforeMs: number; readonly afterId: string },
    lacking: Lacking,
    limit: number,
  ): Promise<(Removable & { readonly kind: string })[]>;
  /** Removes crossings up to `throughSeq` that have no picture any more, at most `limit`. @returns how many went. */
  forgetCrossings(throughSeq: number, beforeMs: number, limit: number): Promise<number>;
}

export function createEvidenceRows(database: Database): EvidenceRows {
  const firstNumber = async (sql: string, values: readonly (string | number)[]): Promise<number> => {
    const [row] = await database.all<{ value: number | null }>(sql, values);
    return row?.value ?? 0;
  };
  return {
    async date(nowMs) {
      const isAnyNew = await firstNumber(
        "SELECT EXISTS (SELECT 1 FROM evidence WHERE since_ms IS NULL) AS value",
        [],
      );
      if (isAnyNew === 0) return;
      await database.transaction(({ run }) =>
        run("UPDATE evidence SET since_ms = ? WHERE since_ms IS NULL", [nowMs]),
      );
    },
    lastCrossingBefore: (beforeMs) =>
      firstNumber("SELECT max(seq) AS value FROM crossings WHERE unsynced = 0 AND at_ms < ?", [beforeMs]),
    lineBytes: () => firstNumber(`SELECT sum(size_bytes) AS value FROM evidence WHERE ${IS_OF_LINE}`, []),
    evidenceBytes: () =>
      firstNumber(`SELECT sum(size_bytes) AS value FROM evidence WHERE NOT (${IS_OF_LINE})`, []),
    oldLinePictures: (afterPlace, throughPlace, limit) =>
      database.all(
        `SELECT evidence.sha256, size_bytes AS sizeBytes, crossings.seq AS place
         FROM crossings JOIN evidence ON evidence.sha256 = crossings.snapshot
         WHERE crossings.seq > ? AND crossings.seq <= ? AND ${IS_OF_LINE}
           AND NOT EXISTS (SELECT 1 FROM crossings AS earlier
             WHERE earlier.snapshot = crossings.snapshot AND earlier.seq < crossings.seq)
           AND NOT ${isLocked("crossings.camera", "crossings.at_ms")}
         ORDER BY crossings.seq LIMIT ?`,
        [afterPlace, throughPlace, limit],
      ),
    oldEvidence: ({ fromMs, beforeMs, afterId }, { upstreams, unreadFrom }, limit) =>
      database.all(
        `SELECT evidence.sha256, size_bytes AS sizeBytes, since_ms AS place, media_type AS kind FROM evidence
         WHERE since_ms < ?2 AND (since_ms, evidence.sha256) > (?1, ?3) AND NOT (${IS_OF_LINE})
           AND NOT EXISTS (
             SELECT 1 FROM events LEFT JOIN alarms ON alarms.id = events.body ->> '$.subject'
             WHERE ${ADDED} AND (
               alarms.status <> 'cleared'
               OR events.seq >= ?6
               OR EXISTS (SELECT 1 FROM json_each(?4) AS upstream WHERE NOT EXISTS (
                 SELECT 1 FROM evidence_deliveries AS done
                 WHERE done.upstream = upstream.value AND done.sha256 = evidence.sha256))
               OR ${isLocked(
                 "events.body ->> '$.data.camera'",
                 "unixepoch(coalesce(alarms.raised_at, events.body ->> '$.time')) * 1000",
               )}))
         ORDER BY since_ms, evidence.sha256 LIMIT ?5`,
        [
          ...[fromMs, beforeMs, afterId, JSON.stringify(upstreams), limit],
          unreadFrom ?? Number.MAX_SAFE_INTEGER,
        ],
      ),
    forgetCrossings: (throughSeq, beforeMs, limit) =>
      database.transaction(({ run }) =>
        run(
          `DELETE FROM crossings WHERE seq IN (
             SELECT seq FROM crossings WHERE seq <= ? AND (unsynced = 1 OR at_ms < ?)
               AND (snapshot IS NULL OR NOT EXISTS (SELECT 1 FROM evidence WHERE sha256 = snapshot))
             ORDER BY seq LIMIT ?)`,
          [throughSeq, beforeMs, limit],
        ),
      ),
  };
}

/** Forgets files that are gone, where they are shown. */
export async function forgetFiles(transaction: Transaction, ids: readonly string[]): Promise<void> {
  const { run } = transaction;
  const gone = JSON.stringify(ids);
  const among = "IN (SELECT value FROM json_each(?))";
  await run(`DELETE FROM evidence WHERE sha256 ${among}`, [gone]);
  await run(`UPDATE crossings SET snapshot = NULL WHERE snapshot ${among}`, [gone]);
  await run(`UPDATE alarms SET snapshot = NULL WHERE snapshot ${among}`, [gone]);
  await run(`UPDATE alarms SET drawing = NULL WHERE drawing ${among}`, [gone]);
  await run(`UPDATE alarms SET clip = NULL, no_clip = 'evidence.aged' WHERE clip ${among}`, [gone]);
  await forgetReportFiles(transaction, ids);
}
