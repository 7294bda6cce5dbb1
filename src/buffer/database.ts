import { dirname } from "node:path";
import sqlite3 from "sqlite3";
import { errorMessage, GatewayError } from "../core/errors.ts";
import { databaseError, fileError } from "./database-errors.ts";
import { makeFolder } from "./durable-files.ts";
import type { Migration } from "./migrations/migration.ts";
import { MIGRATIONS, migrate, schemaOf } from "./migrations.ts";
import { createPreparedStatements, type PreparedStatements } from "./prepared.ts";
import type { Database, LazyTransaction, SqlValue, Transaction } from "./sql.ts";

const READ_WRITE = sqlite3.OPEN_READWRITE | sqlite3.OPEN_CREATE;

function connect(path: string, mode = READ_WRITE): Promise<sqlite3.Database> {
  return new Promise((resolve, reject) => {
    const connection = new sqlite3.Database(path, mode, (error) => {
      if (error) {
        reject(databaseError(error));
        return;
      }
      // Unserialised, node-sqlite3 would park one pool thread for each waiting statement and starve file work.
      connection.serialize();
      resolve(connection);
    });
  });
}

function disconnect(connection: sqlite3.Database): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.close((error) => (error ? reject(databaseError(error)) : resolve()));
  });
}

function statementsOn(
  connection: sqlite3.Database,
  onDamage?: (error: GatewayError) => void,
  prepared?: PreparedStatements,
): Transaction {
  function failed(sql: string, error: unknown): GatewayError {
    prepared?.drop(sql);
    const known = databaseError(error);
    if (known.code === "ledger.corrupt") onDamage?.(known);
    return known;
  }
  async function on<Result>(
    sql: string,
    ask: (
      statement: sqlite3.Statement | undefined,
      done: (error: Error | null, result: Result) => void,
    ) => void,
  ): Promise<Result> {
    try {
      const statement = await prepared?.of(sql);
      return await new Promise<Result>((resolve, reject) => {
        ask(statement, (error, result) => (error ? reject(error) : resolve(result)));
      });
    } catch (error) {
      throw failed(sql, error);
    }
  }
  return {
    all: <Row>(sql: string, values: readonly SqlValue[] = []) =>
      on<Row[]>(sql, (statement, done) => {
        if (statement) statement.all<Row>([...values], done);
        else connection.all<Row>(sql, [...values], done);
      }),
    run: (sql, values = []) =>
      on<number>(sql, (statement, done) => {
        function onDone(this: sqlite3.RunResult, error: Error | null): void {
          // Of a statement that failed there is no result.
          done(error, error ? 0 : this.changes);
        }
        if (statement) statement.run([...values], onDone);
        else connection.run(sql, [...values], onDone);
      }),
  };
}

async function configure(connection: sqlite3.Database): Promise<void> {
  const { all, run } = statementsOn(connection);
  await run("PRAGMA busy_timeout = 5000");
  // Takes effect only in a file without tables: lets `giveBack` return the pages that retention frees.
  await run("PRAGMA auto_vacuum = INCREMENTAL");
  const [mode] = await all<{ journal_mode: string }>("PRAGMA journal_mode = WAL");
  if (mode?.journal_mode !== "wal") {
    throw new GatewayError("The file system of the data folder does not support a write-ahead log", {
      code: "ledger.unwritable",
      kind: "permanent",
    });
  }
  // FULL syncs the log at every commit; NORMAL would lose the last commits in a power cut.
  await run("PRAGMA synchronous = FULL");
  await run("PRAGMA foreign_keys = ON");
  await run("PRAGMA journal_size_limit = 8388608");
}

async function check(connection: sqlite3.Database): Promise<void> {
  const [first] = await statementsOn(connection).all<{ quick_check: string }>("PRAGMA quick_check(1)");
  if (first?.quick_check === "ok") return;
  throw new GatewayError(`The database is damaged: ${first?.quick_check ?? "no answer"}`, {
    code: "ledger.corrupt",
    kind: "permanent",
  });
}

/** One transaction after the other on the writing connection. */
function createWriter(statements: Transaction): Pick<Database, "transaction"> & { idle(): Promise<unknown> } {
  let last: Promise<unknown> = Promise.resolve();
  let rollbackFailed = false;

  async function rollBack(): Promise<void> {
    try {
      await statements.run("ROLLBACK");
      rollbackFailed = false;
    } catch (error) {
      // SQLite rolls back by itself on some errors (full, I/O) and then knows of no transaction.
      rollbackFailed = !errorMessage(error).includes("no transaction is active");
    }
  }

  async function runAlone<T>(work: (transaction: LazyTransaction) => Promise<T>): Promise<T> {
    if (rollbackFailed) await rollBack();
    let begun: Promise<unknown> | undefined;
    const begin = (): Promise<unknown> => {
      begun ??= statements.run("BEGIN IMMEDIATE");
      return begun;
    };
    try {
      const result = await work({
        all: async (sql, values) => {
          await begin();
          return statements.all(sql, values);
        },
        run: async (sql, values) => {
          await begin();
          return statements.run(sql, values);
        },
        only: statements.run,
      });
      if (begun) await statements.run("COMMIT");
      return result;
    } catch (error) {
      if (begun) await rollBack();
      throw error;
    }
  }

  return {
    transaction(work) {
      const turn = last.then(() => runAlone(work));
      last = turn.catch(() => undefined);
      return turn;
    },
    idle: () => last,
  };
}

/** A database that is looked into as it stands, be it damaged or in use by another process. */
export interface ReadOnlyDatabase extends Pick<Database, "all"> {
  close(): Promise<void>;
}

/** Changes nothing in the file, and checks nothing. @throws GatewayError `ledger.corrupt`, `ledger.unwritable`. */
export async function openForReading(path: string): Promise<ReadOnlyDatabase> {
  const connection = await connect(path, sqlite3.OPEN_READONLY);
  const { all, run } = statementsOn(connection);
  await run("PRAGMA busy_timeout = 5000");
  return { all, close: () => disconnect(connection) };
}

/**
 * Opens or makes the database, checks it and brings it to the newest schema.
 * @param onDamage called when a statement finds the file damaged later on.
 * @throws GatewayError `ledger.corrupt` (permanent), `ledger.newer` (permanent: written by a later version),
 *   `ledger.unwritable`, `ledger.full`.
 */
export async function openDatabase(
  path: string,
  {
    migrations = MIGRATIONS,
    onDamage,
  }: {
    readonly migrations?: readonly Migration[];
    readonly onDamage?: ((error: GatewayError) => void) | undefined;
  } = {},
): Promise<Database> {
  await makeFolder(dirname(path)).catch((error: unknown) => {
    throw fileError("ledger", error);
  });
  const writing = await connect(path);
  const open = [writing];
  const prepared = createPreparedStatements(writing);
  try {
    // Before anything is written: one that is damaged is kept as the card left it.
    await check(writing);
    await schemaOf(statementsOn(writing), migrations);
    await configure(writing);
    const writer = createWriter(statementsOn(writing, onDamage, prepared));
    await migrate(statementsOn(writing), writer.transaction, migrations);

    const reading = await connect(path);
    open.push(reading);
    const reader = statementsOn(reading, onDamage);
    await reader.run("PRAGMA busy_timeout = 5000");
    await reader.run("PRAGMA query_only = ON");

    let closed: Promise<void> | undefined;
    const transact: Database["transaction"] = (work) => {
      if (!closed) return writer.transaction(work);
      return Promise.reject(
        new GatewayError("The database is closed", { code: "ledger.closed", kind: "bug" }),
      );
    };
    return {
      all: reader.all,
      transaction: transact,
      giveBack: (pages) =>
        transact(async ({ all }) => {
          // `all`, because the pragma frees one page each time it is stepped.
          await all(`PRAGMA incremental_vacuum(${Math.max(1, Math.floor(pages))})`);
          const [left] = await all<{ freelist_count: number }>("PRAGMA freelist_count");
          return left?.freelist_count ?? 0;
        }),
      async space() {
        const [file] = await reader.all<{ usedBytes: number; freeBytes: number }>(
          `SELECT (page_count - freelist_count) * page_size AS usedBytes, freelist_count * page_size AS freeBytes
           FROM pragma_page_count, pragma_freelist_count, pragma_page_size`,
        );
        return file ?? { usedBytes: 0, freeBytes: 0 };
      },
      close() {
        closed ??= writer.idle().then(async () => {
          await disconnect(reading);
          await prepared.dropAll();
          await disconnect(writing);
        });
        return closed;
      },
    };
  } catch (error) {
    await prepared.dropAll();
    for (const connection of open) await disconnect(connection).catch(() => undefined);
    throw databaseError(error);
  }
}
