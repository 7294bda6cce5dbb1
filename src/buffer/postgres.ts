import pg from "pg";
import { errorCode, errorMessage, GatewayError } from "../core/errors.ts";
import { copyError } from "./copies/copy-error.ts";
import type { Migration } from "./migrations/migration.ts";

/** So long a connection, and any one statement, may take: a server that hangs is one that is away. */
const CONNECT_MS = 5000;
const STATEMENT_MS = 60_000;
/** Any number, the same for all: who starts at the same time migrates in turn. */
const MIGRATION_LOCK = 430_281;

export type PostgresValue = string | number | null | readonly (string | number | null)[];

/** Statements inside one transaction. Values are `$1`, `$2`, …; numbers of type bigint come back as numbers. */
export interface PostgresTransaction {
  all<Row>(sql: string, values?: readonly PostgresValue[]): Promise<Row[]>;
}

/** All the room knows of the package for PostgreSQL. Every method rejects with `copy.*`. */
export interface Postgres extends PostgresTransaction {
  /** Resolves once the server has it on disk. When `work` or the commit fails nothing of it remains. */
  transaction<T>(work: (transaction: PostgresTransaction) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface PostgresAddress {
  /** `postgres://user@host/database`; what is not in it comes from libpq's own settings: PGPASSWORD, ~/.pgpass, PGSSLMODE. */
  readonly url: string;
  readonly password?: string | undefined;
  readonly mostConnections: number;
}

export interface PostgresOptions extends PostgresAddress {
  readonly migrations: readonly Migration[];
}

/** Numbers of a ledger are below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? Number : (pg.types.getTypeParser(oid, format) as never),
};

/** @throws GatewayError `copy.*`, also where the server does not write to its disk (`fsync = off`). */
export async function openPostgres({ migrations, ...address }: PostgresOptions): Promise<Postgres> {
  const database = connectPostgres(address);
  const place = placeOfPostgres(address.url);
  try {
    const [setting] = await database.all<{ fsync: string }>("SHOW fsync");
    if (setting?.fsync !== "on") {
      throw new GatewayError(`${place} does not wait for its disk: set fsync = on`, {
        code: "copy.not_durable",
        kind: "permanent",
      });
    }
    await database.transaction((open) => migrate(open, migrations));
  } catch (error) {
    await database.close();
    throw postgresError(error, place);
  }
  return database;
}

/** Who is not let in goes: the package stays at the door, and keeps this process, until the server has enough of it a minute later. */
class LeavingClient extends pg.Client {
  override connect(): Promise<pg.Client>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<pg.Client> | undefined {
    if (!callback) return super.connect();
    super.connect((error: Error) => {
      if (error) this.end().catch(ignore);
      callback(error);
    });
    return undefined;
  }
}

/** Connects with the first statement, and makes no tables. */
export function connectPostgres({ url, password, mostConnections }: PostgresAddress): Postgres {
  const pool = new pg.Pool({
    Client: LeavingClient,
    connectionString: url,
    ...(password !== undefined && { password }),
    types,
    max: mostConnections,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: STATEMENT_MS,
    keepAlive: true,
    application_name: "cunshao",
  });
  // The end of an idle connection: whoever asks next gets a new one, or the error.
  pool.on("error", () => undefined);
  const place = placeOfPostgres(url);

  async function transaction<T>(work: (transaction: PostgresTransaction) => Promise<T>): Promise<T> {
    let client: pg.PoolClient | undefined;
    let isBroken = true;
    try {
      client = await pool.connect();
      // Its own fault is that of the statement under way, too.
      client.on("error", ignore);
      // "on" whatever the server's default is: what is told as kept must outlast a power cut.
      await client.query("BEGIN; SET LOCAL synchronous_commit = on");
      const open = client;
      const result = await work({
        all: async (sql, values) => (await open.query(sql, [...(values ?? [])])).rows,
      });
      await client.query("COMMIT");
      isBroken = false;
      return result;
    } catch (error) {
      throw postgresError(error, place);
    } finally {
      client?.off("error", ignore);
      // A connection in the middle of a transaction is not used again: to close it ends that.
      client?.release(isBroken);
    }
  }

  const all = async <Row>(sql: string, values: readonly PostgresValue[] = []): Promise<Row[]> => {
    try {
      return (await pool.query(sql, [...values])).rows as Row[];
    } catch (error) {
      throw postgresError(error, place);
    }
  };

  return { all, transaction, close: () => pool.end() };
}

function ignore(): void {}

/** For people: without the user. */
export function placeOfPostgres(url: string): string {
  const { hostname, pathname } = new URL(url);
  return `PostgreSQL ${hostname}${pathname}`;
}

/**
 * Classes 21 to 23: the server is well, and what it was given is what it does not take. Class 28, and 42501: who asks is not known or may
 * not. https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
function postgresError(error: unknown, place: string): Error {
  const code = errorCode(error);
  const details = { kind: "permanent", cause: error } as const;
  if (/^2[1-3]...$/.test(code)) {
    return new GatewayError(`${place} refuses this (${code})`, { code: "copy.refused", ...details });
  }
  if (/^28...$/.test(code) || code === "42501") {
    const why = `${place} does not let this user in (${errorMessage(error)})`;
    return new GatewayError(why, { code: "copy.unauthorized", ...details });
  }
  return copyError(error, place);
}

async function migrate({ all }: PostgresTransaction, migrations: readonly Migration[]): Promise<void> {
  await all("SELECT pg_advisory_xact_lock($1)", [MIGRATION_LOCK]);
  await all("CREATE TABLE IF NOT EXISTS migrations (name TEXT PRIMARY KEY)");
  const done = new Set((await all<{ name: string }>("SELECT name FROM migrations")).map(({ name }) => name));
  for (const { name, statements } of migrations) {
    if (done.has(name)) continue;
    for (const statement of statements) await all(statement);
    await all("INSERT INTO migrations VALUES ($1)", [name]);
  }
}
