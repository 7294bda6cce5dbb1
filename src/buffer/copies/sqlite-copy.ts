import { join } from "node:path";
import type { LedgerEvent } from "../../core/event.ts";
import type { BoxCopy, LedgerAccount } from "../../core/pulled-copy.ts";
import type { Migration } from "../migrations/migration.ts";
import type { Database, Transaction } from "../sql.ts";
import { advance, countFile, countLetGo, emptyAccount, fileNamedBy, savedAccount } from "./copy-account.ts";
import { copyError } from "./copy-error.ts";
import { createFileShelf } from "./file-shelf.ts";

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
];

/** One box in a database that it shares with others; its files stand in `folder`. */
export async function openSqliteCopy(
  database: Database,
  path: string,
  box: string,
  folder: string,
): Promise<BoxCopy> {
  const accounts = new Map<string, LedgerAccount>();
  const ahead = new Map<string, number>();
  const known = await database.all<{ account: string }>(
    "SELECT account FROM ledgers WHERE box = ? ORDER BY number",
    [box],
  );
  for (const row of known) {
    const account = savedAccount(JSON.parse(row.account) as LedgerAccount);
    accounts.set(account.ledger, account);
    const [last] = await database.all<{ seq: number | null }>(
      "SELECT max(seq) AS seq FROM events WHERE box = ? AND ledger = ?",
      [box, account.ledger],
    );
    if ((last?.seq ?? 0) > account.seq) ahead.set(account.ledger, last?.seq ?? 0);
  }

  const accountOf = (ledger: string): LedgerAccount => accounts.get(ledger) ?? emptyAccount(ledger);

  async function change<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return database.transaction(work).catch((error: unknown) => {
      throw copyError(error, path);
    });
  }

  async function save({ run }: Transaction, account: LedgerAccount): Promise<void> {
    await run(
      `INSERT INTO ledgers (box, ledger, account) VALUES (?, ?, ?)
       ON CONFLICT (box, ledger) DO UPDATE SET account = excluded.account`,
      [box, account.ledger, JSON.stringify(account)],
    );
  }

  /** Those that came ahead are there already. */
  async function insert({ run }: Transaction, ledger: string, events: readonly LedgerEvent[]): Promise<void> {
    const rows = events.map((event) => [
      event.seq,
      event.class,
      event.type,
      event.subject ?? null,
      event.time,
      JSON.stringify(event),
    ]);
    await run(
      `INSERT OR IGNORE INTO events (box, ledger, seq, class, type, subject, time, event)
       SELECT ?1, ?2, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5
       FROM json_each(?3)`,
      [box, ledger, JSON.stringify(rows)],
    );
    const files = events.flatMap((event) => {
      const id = fileNamedBy(event);
      return id === undefined ? [] : [[event.seq, id]];
    });
    if (files.length === 0) return;
    await run(
      `INSERT OR IGNORE INTO files (box, ledger, seq, id)
       SELECT ?1, ?2, value ->> 0, value ->> 1 FROM json_each(?3)`,
      [box, ledger, JSON.stringify(files)],
    );
  }

  const shelf = createFileShelf(join(folder, "evidence"));

  async function oldestFile(): Promise<string | undefined> {
    for (const ledger of accounts.keys()) {
      const [oldest] = await database.all<{ id: string }>(
        "SELECT id FROM files WHERE box = ? AND ledger = ? AND result = 'stored' ORDER BY seq LIMIT 1",
        [box, ledger],
      );
      if (oldest) return oldest.id;
    }
    return undefined;
  }

  return {
    shelf,
    accounts: () => [...accounts.values()],
    aheadSeq: (ledger) => ahead.get(ledger) ?? 0,
    async take(ledger, events) {
      const { account, fresh } = advance(accountOf(ledger), events);
      await change(async (transaction) => {
        await insert(transaction, ledger, fresh);
        await save(transaction, account);
      });
      accounts.set(ledger, account);
      if ((ahead.get(ledger) ?? 0) <= account.seq) ahead.delete(ledger);
      return account;
    },
    async takeAhead(ledger, events) {
      const last = events.at(-1);
      if (!last) return;
      await change(async (transaction) => {
        await insert(transaction, ledger, events);
        await save(transaction, accountOf(ledger));
      });
      accounts.set(ledger, accountOf(ledger));
      ahead.set(ledger, Math.max(last.seq, ahead.get(ledger) ?? 0));
    },
    nextFiles: (ledger, limit) =>
      database.all<{ seq: number; id: string }>(
        "SELECT seq, id FROM files WHERE box = ? AND ledger = ? AND result IS NULL ORDER BY seq LIMIT ?",
        [box, ledger, limit],
      ),
    async fileDone(ledger, { seq }, result) {
      const account = countFile(accountOf(ledger), result);
      await change(async (transaction) => {
        await transaction.run("UPDATE files SET result = ? WHERE box = ? AND ledger = ? AND seq = ?", [
          result,
          box,
          ledger,
          seq,
        ]);
        await save(transaction, account);
      });
      accounts.set(ledger, account);
    },
    async letGoOldest() {
      const id = await oldestFile();
      if (id === undefined) return undefined;
      // First the file: one that is told as gone and is there would never be counted again.
      const bytes = await shelf.remove(id);
      const named = await database.all<{ ledger: string; count: number }>(
        "SELECT ledger, count(*) AS count FROM files WHERE box = ? AND id = ? AND result = 'stored' GROUP BY ledger",
        [box, id],
      );
      const changed = named.map(({ ledger, count }) => countLetGo(accountOf(ledger), count));
      await change(async (transaction) => {
        await transaction.run(
          "UPDATE files SET result = 'letGo' WHERE box = ? AND id = ? AND result = 'stored'",
          [box, id],
        );
        for (const account of changed) await save(transaction, account);
      });
      for (const account of changed) accounts.set(account.ledger, account);
      return bytes;
    },
    async alarmEvents(limit) {
      const rows = await database.all<{ event: string }>(
        `SELECT event FROM ledgers JOIN events USING (box, ledger)
         WHERE box = ? AND class = 'alarm' ORDER BY number DESC, seq DESC LIMIT ?`,
        [box, limit],
      );
      return rows.map(({ event }) => JSON.parse(event) as LedgerEvent).reverse();
    },
    // The database is the whole copy's.
    close: () => Promise.resolve(),
  };
}
