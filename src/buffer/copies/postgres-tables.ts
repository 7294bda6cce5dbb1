import type { LedgerEvent } from "../../core/event.ts";
import type { FileResult } from "../../core/pulled-copy.ts";
import { openPostgres, type PostgresTransaction } from "../postgres.ts";
import { CLEARED, CORRECTED, RAISED } from "./copy-account.ts";
import type { CopyTables } from "./copy-tables.ts";
import { POSTGRES_MIGRATIONS } from "./postgres-schema.ts";

/** A puller writes one box after the other. */
const MOST_CONNECTIONS = 4;

/** @throws GatewayError `copy.*`. */
export async function openPostgresTables(url: string, password?: string): Promise<CopyTables> {
  const migrations = POSTGRES_MIGRATIONS;
  const database = await openPostgres({ url, password, migrations, mostConnections: MOST_CONNECTIONS });
  return {
    ledgers: (box) =>
      database.all(
        `SELECT account, (
           SELECT coalesce(max(seq), 0) FROM events WHERE events.box = ledgers.box AND events.ledger = ledgers.ledger
         ) AS "lastSeq"
         FROM ledgers WHERE box = $1 ORDER BY number`,
        [box],
      ),
    async change(work) {
      await database.transaction(({ all }) =>
        work({
          async addEvents(box, ledger, events) {
            await insertEvents(
              { all },
              events.map((event) => ({ box, ledger, event })),
            );
          },
          async addFiles(box, ledger, files) {
            await all(
              `INSERT INTO files (box, ledger, seq, id)
               SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[]) ON CONFLICT DO NOTHING`,
              [box, ledger, files.map(({ seq }) => seq), files.map(({ id }) => id)],
            );
          },
          async putEvents(box, ledger, events) {
            await insertEvents(
              { all },
              events.map((event) => ({ box, ledger, event })),
              IN_PLACE,
            );
          },
          async settleFile(box, ledger, { seq, id }, result) {
            const settled = await all(
              "UPDATE files SET result = $1 WHERE box = $2 AND ledger = $3 AND seq = $4 AND id = $5 RETURNING seq",
              [result, box, ledger, seq, id],
            );
            return settled.length > 0;
          },
          async dropFile(box, ledger, seq) {
            const [dropped] = await all<{ result: FileResult | null }>(
              "DELETE FROM files WHERE box = $1 AND ledger = $2 AND seq = $3 RETURNING result",
              [box, ledger, seq],
            );
            return dropped?.result ?? undefined;
          },
          async reopenFiles(box, ledger, result, most) {
            const named = await all(
              `UPDATE files SET result = NULL WHERE box = $1 AND ledger = $2 AND seq IN (
                 SELECT seq FROM files WHERE box = $1 AND ledger = $2 AND result = $3 ORDER BY seq DESC LIMIT $4
               ) RETURNING seq`,
              [box, ledger, result, most],
            );
            return named.length;
          },
          async letFileGo(box, id) {
            await all("UPDATE files SET result = 'letGo' WHERE box = $1 AND id = $2 AND result = 'stored'", [
              box,
              id,
            ]);
          },
          async saveAccount(box, account) {
            await all(
              `INSERT INTO ledgers (box, ledger, account) VALUES ($1, $2, $3)
               ON CONFLICT (box, ledger) DO UPDATE SET account = excluded.account`,
              [box, account.ledger, JSON.stringify(account)],
            );
          },
        }),
      );
    },
    filesToFetch: (box, ledger, limit) =>
      database.all(
        "SELECT seq, id FROM files WHERE box = $1 AND ledger = $2 AND result IS NULL ORDER BY seq LIMIT $3",
        [box, ledger, limit],
      ),
    async oldestFile(box) {
      const [oldest] = await database.all<{ id: string }>(
        `SELECT id FROM ledgers JOIN files USING (box, ledger)
         WHERE box = $1 AND result = 'stored' ORDER BY number, seq LIMIT 1`,
        [box],
      );
      return oldest?.id;
    },
    namedBy: (box, id) =>
      database.all(
        `SELECT ledger, count(*)::int AS count FROM files
         WHERE box = $1 AND id = $2 AND result = 'stored' GROUP BY ledger`,
        [box, id],
      ),
    async alarmEvents(box, ledger, limit) {
      const rows = await database.all<{ event: string }>(
        `SELECT event FROM events
         WHERE box = $1 AND ledger = $2 AND class = 'alarm' ORDER BY seq DESC LIMIT $3`,
        [box, ledger, limit],
      );
      return rows.map(({ event }) => event);
    },
    async clockEvents(box, ledger, limit) {
      const rows = await database.all<{ event: string }>(
        `SELECT event FROM events
         WHERE box = $1 AND ledger = $2 AND type = $3 ORDER BY seq DESC LIMIT $4`,
        [box, ledger, CORRECTED, limit],
      );
      return rows.map(({ event }) => event);
    },
    async openAlarms(box, limit) {
      const rows = await database.all<{ subject: string }>(
        `SELECT subject FROM events JOIN ledgers USING (box, ledger)
         WHERE box = $1 AND class = 'alarm' AND subject IS NOT NULL
         GROUP BY subject HAVING bool_or(type = $2) AND NOT bool_or(type = $3)
         ORDER BY max(number) DESC, max(seq) DESC LIMIT $4`,
        [box, RAISED, CLEARED, limit],
      );
      return rows.map(({ subject }) => subject);
    },
    async eventsOfAlarm(box, alarm, limit) {
      const rows = await database.all<{ event: string }>(
        `SELECT event FROM events WHERE box = $1 AND class = 'alarm' AND subject = $2
         ORDER BY ledger, seq LIMIT $3`,
        [box, alarm, limit],
      );
      return rows.map(({ event }) => event);
    },
    async eventsBetween(box, ledger, firstSeq, lastSeq) {
      const rows = await database.all<{ event: string }>(
        "SELECT event FROM events WHERE box = $1 AND ledger = $2 AND seq BETWEEN $3 AND $4 ORDER BY seq",
        [box, ledger, firstSeq, lastSeq],
      );
      return rows.map(({ event }) => event);
    },
    close: () => database.close(),
  };
}

export interface EventOfBox {
  readonly box: string;
  readonly ledger: string;
  readonly event: LedgerEvent;
}

/** What was there before goes. */
const IN_PLACE = `DO UPDATE SET
  class = excluded.class, type = excluded.type, subject = excluded.subject, time = excluded.time, event = excluded.event
  WHERE events.event <> excluded.event`;

/** @returns those that were not there yet, with `IN_PLACE` also those that were other ones. */
export function insertEvents(
  { all }: PostgresTransaction,
  events: readonly EventOfBox[],
  onConflict = "DO NOTHING",
): Promise<readonly { readonly box: string; readonly ledger: string; readonly seq: number }[]> {
  const column = (of: (one: EventOfBox) => string | number | null) => events.map(of);
  return all(
    `INSERT INTO events (box, ledger, seq, class, type, subject, time, event)
     SELECT * FROM unnest(
       $1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
     ON CONFLICT (box, ledger, seq) ${onConflict} RETURNING box, ledger, seq`,
    [
      column(({ box }) => box),
      column(({ ledger }) => plain(ledger)),
      column(({ event }) => event.seq),
      column(({ event }) => plain(event.class)),
      column(({ event }) => plain(event.type)),
      column(({ event }) => (event.subject === undefined ? null : plain(event.subject))),
      column(({ event }) => plain(event.time)),
      column(({ event }) => JSON.stringify(event)),
    ],
  );
}

/** Text in PostgreSQL has no U+0000; in the event itself JSON writes it as an escape. */
export function plain(text: string): string {
  return text.replaceAll("\0", "\uFFFD");
}
