import { errorCode } from "../core/errors.ts";
import type { SqlValue, Transaction } from "./sql.ts";

// Reads what can be read of a damaged database. A damaged page fails every statement that comes by it: rows are read in
// pages from either end up to it, and of the events, whose keys are numbers without a gap, beyond it as well.

type Reader = Pick<Transaction, "all">;
export type Row = Readonly<Record<string, SqlValue>>;

const PAGE = 256;

export interface ReadRows {
  readonly rows: readonly Row[];
  /** Whether everything was read. */
  readonly isWhole: boolean;
}

/** Nothing where the statement fails. */
export async function tryAll<R>(
  { all }: Reader,
  sql: string,
  values: readonly SqlValue[] = [],
): Promise<R[]> {
  return (await attempt(all<R>(sql, values))) ?? [];
}

async function attempt<R>(reading: Promise<R[]>): Promise<R[] | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (errorCode(error).startsWith("ledger.")) return undefined;
    throw error;
  }
}

/** Undefined where not even that can be read; none of a table that is not there. */
export async function columnsOf(
  reader: Reader,
  table: string,
): Promise<readonly { readonly name: string; readonly pk: number }[] | undefined> {
  return attempt(reader.all(`SELECT name, pk FROM pragma_table_info('${table}')`));
}

/** The rows of a small table, as many as can be reached from its two ends. A table that is not there is whole and empty. */
export async function readTable(reader: Reader, table: string): Promise<ReadRows> {
  const columns = await columnsOf(reader, table);
  if (!columns || columns.length === 0) return { rows: [], isWhole: columns !== undefined };
  const keyed = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk);
  const key = keyed.length > 0 ? keyed.map(({ name }) => name) : ["rowid"];
  const select = keyed.length > 0 ? "*" : "rowid, *";
  const first = await readFrom(reader, { table, key, select, isDown: false });
  if (first.isWhole) return first;
  const second = await readFrom(reader, { table, key, select, isDown: true });
  const seen = new Set(first.rows.map((row) => keyOf(row, key)));
  const rest = second.rows.filter((row) => !seen.has(keyOf(row, key)));
  return { rows: [...first.rows, ...rest.reverse()], isWhole: second.isWhole };
}

interface Walk {
  readonly table: string;
  readonly key: readonly string[];
  readonly select: string;
  readonly isDown: boolean;
}

async function readFrom(reader: Reader, { table, key, select, isDown }: Walk): Promise<ReadRows> {
  const rows: Row[] = [];
  const names = key.join(", ");
  const order = key.map((name) => `${name}${isDown ? " DESC" : ""}`).join(", ");
  const places = key.map(() => "?").join(", ");
  for (let limit = PAGE; ; ) {
    const last = rows.at(-1);
    const beyond = last ? `WHERE (${names}) ${isDown ? "<" : ">"} (${places})` : "";
    const values = last ? key.map((name) => last[name] ?? null) : [];
    const page = await attempt(
      reader.all<Row>(`SELECT ${select} FROM ${table} ${beyond} ORDER BY ${order} LIMIT ?`, [
        ...values,
        limit,
      ]),
    );
    if (page) rows.push(...page);
    if (page && page.length < limit) return { rows, isWhole: true };
    if (page) continue;
    if (limit === 1) return { rows, isWhole: false };
    limit = 1;
  }
}

function keyOf(row: Row, key: readonly string[]): string {
  return JSON.stringify(key.map((name) => row[name]));
}

/** Rows of `events` after a seq, in order; where none can be read it goes on beyond the place. */
export async function* readEvents<R extends { readonly seq: number }>(
  reader: Reader,
  columns: string,
  afterSeq: number,
  head: number,
): AsyncGenerator<readonly R[]> {
  const read = (after: number, limit: number) =>
    attempt(
      reader.all<R>(`SELECT ${columns} FROM events WHERE seq > ? ORDER BY seq LIMIT ?`, [after, limit]),
    );
  for (let after = afterSeq; after < head; ) {
    const page = (await read(after, PAGE)) ?? (await read(after, 1));
    if (page === undefined) {
      after = await nextReadable(async (seq) => (await read(seq, 1)) !== undefined, after, head);
      continue;
    }
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = last.seq;
  }
}

/** The least seq after `from` from which one can read on; `head` for none. Doubles its steps, then halves them. */
async function nextReadable(
  isReadable: (seq: number) => Promise<boolean>,
  from: number,
  head: number,
): Promise<number> {
  let bad = from;
  let step = 1;
  while (bad + step < head && !(await isReadable(bad + step))) {
    bad += step;
    step *= 2;
  }
  let good = Math.min(bad + step, head);
  while (good - bad > 1) {
    const middle = Math.floor((bad + good) / 2);
    if (await isReadable(middle)) good = middle;
    else bad = middle;
  }
  return good;
}
