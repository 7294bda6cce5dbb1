import type sqlite3 from "sqlite3";

/** Texts that are asked again and again; those with a number in them are few, and go when newer ones come. */
const MOST = 100;
/** Statements of the schema and pragmas are asked once. */
const LASTING = /^\s*(BEGIN|COMMIT|SELECT|INSERT|UPDATE|DELETE)\b/;

export interface PreparedStatements {
  /** The statement, prepared once; undefined for one that is not worth keeping. */
  of(sql: string): Promise<sqlite3.Statement> | undefined;
  /** Forgets a statement that failed: it may be in the middle of something. */
  drop(sql: string): void;
  /** A connection with statements cannot be closed. */
  dropAll(): Promise<void>;
}

/** A commit costs little more than the disk's sync if its three statements need not be read by SQLite each time. */
export function createPreparedStatements(connection: sqlite3.Database): PreparedStatements {
  const kept = new Map<string, Promise<sqlite3.Statement>>();

  function prepare(sql: string): Promise<sqlite3.Statement> {
    return new Promise((resolve, reject) => {
      const statement = connection.prepare(sql, (error) => (error ? reject(error) : resolve(statement)));
    });
  }

  async function finalise(statement: Promise<sqlite3.Statement>): Promise<void> {
    const found = await statement.catch(() => undefined);
    if (found) await new Promise<void>((resolve) => found.finalize(() => resolve()));
  }

  function drop(sql: string): void {
    const statement = kept.get(sql);
    if (!statement) return;
    kept.delete(sql);
    void finalise(statement);
  }

  return {
    of(sql) {
      if (!LASTING.test(sql)) return undefined;
      const known = kept.get(sql);
      if (known) return known;
      const statement = prepare(sql);
      kept.set(sql, statement);
      const [oldest] = kept.keys();
      if (kept.size > MOST && oldest !== undefined) drop(oldest);
      return statement;
    },
    drop,
    async dropAll() {
      const all = [...kept.values()];
      kept.clear();
      await Promise.all(all.map(finalise));
    },
  };
}
