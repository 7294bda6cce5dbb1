import type { LedgerEvent } from "../../core/event.ts";
import type { FileResult } from "../../core/pulled-copy.ts";
import { openDatabase } from "../database.ts";
import type { Migration } from "../migrations/migration.ts";
import { CLEARED, CORRECTED, RAISED } from "./copy-account.ts";
import { copyError } from "./copy-error.ts";
import type { CopyTables } from "./copy-tables.ts";

/** The schema of `pulled.sqlite`, for whoever asks it with SQL. */
export const COPY_MIGRATIONS: readonly Migration[] = [
  {
    name: "pulled",
    statements: [
      // `event` is the whole CloudEvent; the columns before it repeat parts of it for indexes.
      `CREATE TABLE events (
        box TEXT NOT NULL,
        ledger TEXT NOT NULL,
        seq INTEGER NOT NULL,
        class TEXT NOT NULL,
        type TEXT NOT NULL,
        subject TEXT,
        time TEXT NOT NULL,
        event TEXT NOT NULL,
        PRIMARY KEY (box, ledger, seq)
      ) WITHOUT ROWID`,
      "CREATE INDEX events_by_time ON events (class, time)",
      // In the order in which they were met.
      `CREATE TABLE ledgers (
        number INTEGER PRIMARY KEY,
        box TEXT NOT NULL,
        ledger TEXT NOT NULL,
        account TEXT NOT NULL,
        UNIQUE (box, ledger)
      )`,
      // Files that events name; \`result\` is null until they were fetched or found to be gone.
      `CREATE TABLE files (
        box TEXT NOT NULL,
        ledger TEXT NOT NULL,
        seq INTEGER NOT NULL,
        id TEXT NOT NULL,
        result TEXT,
        PRIMARY KEY (box, ledger, seq)
      ) WITHOUT ROWID`,
      "CREATE INDEX files_to_fetch ON files (box, ledger, seq) WHERE result IS NULL",
    ],
  },
  {
    name: "alarms of a box",
    statements: ["CREATE INDEX events_by_class ON events (box, class, ledger, seq)"],
  },
  {
    name: "files that are here",
    statements: ["CREATE INDEX files_here ON files (box, ledger, seq) WHERE result = 'stored'"],
  },
  {
    name: "alarms that are open",
    // With the type, so that the events themselves need not be read to see which alarms are over.
    statements: [
      "CREATE INDEX events_of_alarms ON events (box, subject, ledger, seq, type) WHERE class = 'alarm'",
    ],
  },
  {
    name: "corrections of clocks",
    statements: [`CREATE INDEX events_of_clocks ON events (box, ledger, seq) WHERE type = '${CORRECTED}'`],
  },
];

/** `WHERE true`: without it SQLite would take ON CONFLICT for the condition of a join. */
const INSERT_EVENTS = `INSERT INTO events (box, ledger, seq, class, type, subject, time, event)
  SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
  FROM json_each(?3) WHERE true`;

/** @throws GatewayError `copy.*`. */
export async function openSqliteTables(path: string): Promise<CopyTables> {
  const failed = (error: unknown): never => {
    throw copyError(error, path);
  };
  const database = await openDatabase(path, { migrations: COPY_MIGRATIONS }).catch(failed);
  return {
    ledgers: (box) =>
      database
        .all<{ account: string; lastSeq: number }>(
          `SELECT account, (
             SELECT coalesce(max(seq), 0) FROM events WHERE events.box = ledgers.box AND events.ledger = ledgers.ledger
           ) AS lastSeq
           FROM ledgers WHERE box = ? ORDER BY number`,
          [box],
        )
        .catch(failed),
    async change(work) {
      await database
        .transaction(({ all, run }) =>
          work({
            async addEvents(box, ledger, events) {
              await run(`${INSERT_EVENTS} ON CONFLICT DO NOTHING`, [box, ledger, rowsOf(events)]);
            },
            async putEvents(box, ledger, events) {
              await run(
                `${INSERT_EVENTS} ON CONFLICT DO UPDATE SET
                   class = excluded.class, type = excluded.type, subject = excluded.subject, time = excluded.time,
                   event = excluded.event
                 WHERE event <> excluded.event`,
                [box, ledger, rowsOf(events)],
              );
            },
            async addFiles(box, ledger, files) {
              await run(
                `INSERT OR IGNORE INTO files (box, ledger, seq, id)
                 SELECT ?1, ?2, value ->> 'seq', value ->> 'id' FROM json_each(?3)`,
                [box, ledger, JSON.stringify(files)],
              );
            },
            async settleFile(box, ledger, { seq, id }, result) {
              const settled = await run(
                "UPDATE files SET result = ? WHERE box = ? AND ledger = ? AND seq = ? AND id = ?",
                [result, box, ledger, seq, id],
              );
              return settled > 0;
            },
            async dropFile(box, ledger, seq) {
              const [dropped] = await all<{ result: FileResult | null }>(
                "DELETE FROM files WHERE box = ? AND ledger = ? AND seq = ? RETURNING result",
                [box, ledger, seq],
              );
              return dropped?.result ?? undefined;
            },
            reopenFiles: (box, ledger, result, most) =>
              run(
                `UPDATE files SET result = NULL WHERE box = ?1 AND ledger = ?2 AND seq IN (
                   SELECT seq FROM files WHERE box = ?1 AND ledger = ?2 AND result = ?3 ORDER BY seq DESC LIMIT ?4
                 )`,
                [box, ledger, result, most],
              ),
            async letFileGo(box, id) {
              await run("UPDATE files SET result = 'letGo' WHERE box = ? AND id = ? AND result = 'stored'", [
                box,
                id,
              ]);
            },
            async saveAccount(box, account) {
              await run(
                `INSERT INTO ledgers (box, ledger, account) VALUES (?, ?, ?)
                 ON CONFLICT (box, ledger) DO UPDATE SET account = excluded.account`,
                [box, account.ledger, JSON.stringify(account)],
              );
            },
          }),
        )
        .catch(failed);
    },
    filesToFetch: (box, ledger, limit) =>
      database
        .all<{ seq: number; id: string }>(
          "SELECT seq, id FROM files WHERE box = ? AND ledger = ? AND result IS NULL ORDER BY seq LIMIT ?",
          [box, ledger, limit],
        )
        .catch(failed),
    async oldestFile(box) {
      const [oldest] = await database
        .all<{ id: string }>(
          `SELECT id FROM ledgers JOIN files USING (box, ledger)
           WHERE box = ? AND result = 'stored' ORDER BY number, seq LIMIT 1`,
          [box],
        )
        .catch(failed);
      return oldest?.id;
    },
    namedBy: (box, id) =>
      database
        .all<{ ledger: string; count: number }>(
          `SELECT ledger, count(*) AS count FROM files
           WHERE box = ? AND id = ? AND result = 'stored' GROUP BY ledger`,
          [box, id],
        )
        .catch(failed),
    // INDEXED BY, because without statistics SQLite takes the rows of a whole box for cheaper than an index.
    async alarmEvents(box, ledger, limit) {
      const rows = await database
        .all<{ event: string }>(
          `SELECT event FROM events INDEXED BY events_by_class
           WHERE box = ? AND class = 'alarm' AND ledger = ? ORDER BY seq DESC LIMIT ?`,
          [box, ledger, limit],
        )
        .catch(failed);
      return rows.map(({ event }) => event);
    },
    async clockEvents(box, ledger, limit) {
      const rows = await database
        .all<{ event: string }>(
          `SELECT event FROM events INDEXED BY events_of_clocks
           WHERE box = ? AND ledger = ? AND type = '${CORRECTED}' ORDER BY seq DESC LIMIT ?`,
          [box, ledger, limit],
        )
        .catch(failed);
      return rows.map(({ event }) => event);
    },
    async openAlarms(box, limit) {
      // CROSS JOIN keeps SQLite to this order: along the index, and for each event its ledger.
      const rows = await database
        .all<{ subject: string }>(
          `SELECT subject FROM events INDEXED BY events_of_alarms CROSS JOIN ledgers USING (box, ledger)
           WHERE box = ? AND class = 'alarm' AND subject IS NOT NULL
           GROUP BY subject HAVING max(type = ?) = 1 AND max(type = ?) = 0
           ORDER BY max(number) DESC, max(seq) DESC LIMIT ?`,
          [box, RAISED, CLEARED, limit],
        )
        .catch(failed);
      return rows.map(({ subject }) => subject);
    },
    async eventsOfAlarm(box, alarm, limit) {
      const rows = await database
        .all<{ event: string }>(
          `SELECT event FROM events INDEXED BY events_of_alarms
           WHERE box = ? AND class = 'alarm' AND subject = ? ORDER BY ledger, seq LIMIT ?`,
          [box, alarm, limit],
        )
        .catch(failed);
      return rows.map(({ event }) => event);
    },
    async eventsBetween(box, ledger, firstSeq, lastSeq) {
      const rows = await database
        .all<{ event: string }>(
          "SELECT event FROM events WHERE box = ? AND ledger = ? AND seq BETWEEN ? AND ? ORDER BY seq",
          [box, ledger, firstSeq, lastSeq],
        )
        .catch(failed);
      return rows.map(({ event }) => event);
    },
    close: () => database.close(),
  };
}

function rowsOf(events: readonly LedgerEvent[]): string {
  return JSON.stringify(
    events.map((event) => [
      event.seq,
      event.class,
      event.type,
      event.subject ?? null,
      event.time,
      JSON.stringify(event),
    ]),
  );
}
