import type { Lanes } from "../core/delivery.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { EventClass, LedgerEvent } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import { cutRange, hasSeq, type SeqRange } from "../core/seq-ranges.ts";
import { hashOf } from "./chain.ts";
import { columnsOf, type Row, readEvents, readTable, tryAll } from "./damaged-rows.ts";
import { openForReading, type ReadOnlyDatabase } from "./database.ts";
import { KEPT_TABLES, type Keepsake } from "./keepsake.ts";
import { lanesOf, wholeOf } from "./lanes.ts";
import type { StoredLedger } from "./ledger.ts";
import type { DamagedFile } from "./ledger-file.ts";
import type { Database, SqlValue } from "./sql.ts";

/** Tables that go over as they are, each after those that it refers to. Readings and movement stay in the damaged file. */
const TABLES = [
  ...KEPT_TABLES,
  "sessions",
  "log_in_places",
  "lesson_counts",
  "alarms",
  "orders",
  "order_ends",
  "commands",
  "silent_speakers",
  "drills",
  "evidence",
  "evidence_deliveries",
  "segments",
  "crossings",
  "former_deliveries",
  "clock_corrections",
];
/** So much is enough to be let in, where the disk takes no more. */
const LEAST_TABLES = ["accounts", "tokens"];

/** Columns that hold a place in the ledger: those of the former ledger lie before the first of the new one. */
const SEQ_COLUMNS: ReadonlySet<string> = new Set(["seq", "first_seq", "last_seq"]);
const WITH_SEQ: ReadonlySet<string> = new Set([
  "alarms",
  "pauses",
  "lessons",
  "lesson_teachings",
  "clips",
  "orders",
  "commands",
  "drills",
  "crossings",
  "lane_deliveries",
  "former_deliveries",
  "clock_corrections",
]);

export interface RescueOptions {
  readonly fresh: Database;
  readonly damaged: DamagedFile;
  readonly keepsake: Keepsake | undefined;
  /** Ids of the upstreams that are to have every event. */
  readonly upstreams: readonly string[];
  /** Opens the new ledger; of its books only those that have to know of rescued events keep up. */
  readonly openLedger: (fresh: Database) => Promise<StoredLedger>;
  readonly log: Logger;
}

interface Former {
  readonly ledger: string | undefined;
  readonly head: number;
  /** Up to here everybody who is to have the events has them. */
  readonly doneSeq: number;
  /** Whether all upstreams and pullers have an event: alarms overtake the rest. What was refused nobody has. */
  isDone(event: Pick<EventRow, "seq" | "class">): boolean;
}

interface EventRow {
  readonly seq: number;
  readonly hash: string;
  readonly body: string | null;
  readonly class: EventClass;
}

const EVENT_COLUMNS = "seq, hash, body, class";

interface Carried {
  readonly carried: Record<string, number>;
  readonly incomplete: string[];
  readonly fromCopy: string[];
}

/**
 * Fills a new database from a damaged one: first what people set and the books, then the event that declares the gap, then in
 * their order the events that somebody still has to get. Every event is checked against its hash.
 */
export async function rescue(options: RescueOptions): Promise<void> {
  await withReader(options, async (reader) => {
    const former = await formerLedger(reader, options);
    const ledger = await options.openLedger(options.fresh);
    const tables = await carryOver(reader, options, TABLES, former);
    const counts = { events: 0, alarms: 0, evicted: 0 };
    const toSend = await unsent(reader, former, options.upstreams);
    for await (const page of toSend.rows()) {
      for (const row of page) {
        if (row.body === null) counts.evicted++;
        const event = eventOf(row);
        if (!event) continue;
        counts.events++;
        if (event.class === "alarm") counts.alarms++;
      }
    }
    const known = toSend.known() - counts.evicted;
    const unsentCounts = { events: known, rescued: counts.events, rescuedAlarms: counts.alarms };
    await declareGap(ledger, options, former, { ...tables, unsent: unsentCounts });
    for await (const page of toSend.rows()) {
      await Promise.all(page.flatMap((row) => eventOf(row) ?? []).map((event) => ledger.adopt(event)));
    }
    options.log.warn({ ...unsentCounts, ...tables }, "what could be saved of the damaged database was saved");
  });
}

/** The same without the events, for a disk that does not take them: they stay in the damaged file. */
export async function declareOnly(options: RescueOptions, code: string): Promise<void> {
  await withReader(options, async (reader) => {
    const former = await formerLedger(reader, options);
    const ledger = await options.openLedger(options.fresh);
    const tables = await carryOver(reader, options, LEAST_TABLES, former);
    const events = Math.max(0, former.head - former.doneSeq);
    await declareGap(ledger, options, former, { ...tables, unsent: { events, rescued: 0, reason: code } });
  });
}

async function declareGap(
  { append }: StoredLedger,
  { damaged }: RescueOptions,
  { ledger, head }: Former,
  saved: Readonly<Record<string, unknown>>,
): Promise<void> {
  const { name: file, reason } = damaged;
  await append({
    type: "org.cunshao.ledger.started_anew",
    class: "state",
    data: { former: { ...(ledger && { ledger }), lastSeq: head, file, reason }, ...saved },
  });
}

async function withReader(
  { damaged }: RescueOptions,
  work: (reader: Pick<ReadOnlyDatabase, "all">) => Promise<void>,
): Promise<void> {
  let reader: ReadOnlyDatabase | undefined;
  try {
    reader = await openForReading(damaged.path);
  } catch {
    const nothing = new GatewayError("the file is no database", {
      code: "ledger.corrupt",
      kind: "permanent",
    });
    await work({ all: () => Promise.reject(nothing) });
    return;
  }
  try {
    await work(reader);
  } finally {
    await reader.close();
  }
}

async function formerLedger(
  reader: Pick<ReadOnlyDatabase, "all">,
  { keepsake, upstreams }: RescueOptions,
): Promise<Former> {
  const [meta] = await tryAll<{ value: string }>(reader, "SELECT value FROM meta WHERE key = 'ledger'");
  const ledger = meta?.value ?? keepsake?.ledger;
  const head = Math.max(keepsake?.ledger === ledger ? (keepsake?.head ?? 0) : 0, await headOf(reader));
  const cursors = await tryAll<{ seq: number }>(reader, "SELECT seq FROM cursors WHERE ledger = ?", [
    ledger ?? "",
  ]);
  const lanes = await Promise.all(
    upstreams.map((upstream) => lanesBefore(reader, upstream, keepsake?.acknowledged[upstream] ?? 0)),
  );
  const readSeq = Math.min(head, ...cursors.map(({ seq }) => seq));
  return {
    ledger,
    head,
    doneSeq: Math.min(readSeq, ...lanes.map(({ wholeSeq }) => wholeSeq)),
    isDone: (event) => event.seq <= readSeq && lanes.every(({ of }) => hasSeq(of[event.class], event.seq)),
  };
}

/** What an upstream took, without what it refused; by the copy where that cannot be read. */
async function lanesBefore(
  reader: Pick<ReadOnlyDatabase, "all">,
  upstream: string,
  copiedSeq: number,
): Promise<{ readonly of: Lanes; readonly wholeSeq: number }> {
  const wholeSeq = await wholeOf(reader, upstream).catch(() => copiedSeq);
  const whole = [{ first: 1, last: wholeSeq }];
  const lanes = await lanesOf(reader, upstream).catch(() => ({ alarm: whole, state: whole, audit: whole }));
  const refused = await tryAll<{ seq: number }>(reader, "SELECT seq FROM dead_letters WHERE upstream = ?", [
    upstream,
  ]);
  const taken = (lane: readonly SeqRange[]) =>
    refused.reduce((rest, { seq }) => cutRange(rest, { first: seq, last: seq }), lane);
  return {
    of: { alarm: taken(lanes.alarm), state: taken(lanes.state), audit: taken(lanes.audit) },
    wholeSeq,
  };
}

/** The last seq by the table, or by its index where the table cannot be read. */
async function headOf(reader: Pick<ReadOnlyDatabase, "all">): Promise<number> {
  const sources = [
    "SELECT max(seq) AS seq FROM events",
    ...["alarm", "state", "audit"].map(
      (one) => `SELECT max(seq) AS seq FROM events INDEXED BY events_by_class WHERE class = '${one}'`,
    ),
  ];
  const heads = await Promise.all(sources.map((sql) => tryAll<{ seq: number | null }>(reader, sql)));
  return Math.max(0, ...heads.flat().map(({ seq }) => seq ?? 0));
}

async function unsent(
  reader: Pick<ReadOnlyDatabase, "all">,
  { head, doneSeq, isDone }: Former,
  upstreams: readonly string[],
): Promise<{ known(): number; rows(): AsyncGenerator<readonly EventRow[]> }> {
  // Events that name files which somebody does not have yet go once more: the files follow them.
  const naming = await tryAll<{ seq: number }>(
    reader,
    `SELECT seq FROM events WHERE type = 'org.cunshao.evidence.added' AND body IS NOT NULL
       AND EXISTS (SELECT 1 FROM evidence WHERE sha256 = events.body ->> '$.data.sha256')
       AND EXISTS (SELECT 1 FROM json_each(?1) AS upstream WHERE NOT EXISTS (
         SELECT 1 FROM evidence_deliveries AS done
         WHERE done.upstream = upstream.value AND done.sha256 = events.body ->> '$.data.sha256'))`,
    [JSON.stringify(upstreams)],
  );
  const refused = await tryAll<{ seq: number }>(
    reader,
    "SELECT seq FROM dead_letters WHERE upstream IN (SELECT value FROM json_each(?))",
    [JSON.stringify(upstreams)],
  );
  const again = new Set([...naming, ...refused].map(({ seq }) => seq));
  const early = [...again].filter((seq) => seq <= doneSeq).sort((a, b) => a - b);
  const arrived = new Set<number>();
  return {
    known: () => Math.max(0, head - doneSeq) + early.length - arrived.size,
    async *rows() {
      for (const seq of early) {
        yield await tryAll<EventRow>(reader, `SELECT ${EVENT_COLUMNS} FROM events WHERE seq = ?`, [seq]);
      }
      for await (const page of readEvents<EventRow>(reader, EVENT_COLUMNS, doneSeq, head)) {
        const isWanted = (row: EventRow): boolean => again.has(row.seq) || !isDone(row);
        for (const { seq } of page.filter((row) => !isWanted(row))) arrived.add(seq);
        yield page.filter(isWanted);
      }
    },
  };
}

function eventOf({ hash, body }: EventRow): LedgerEvent | undefined {
  if (body === null || hashOf(body) !== hash) return undefined;
  return { ...(JSON.parse(body) as Omit<LedgerEvent, "hash">), hash };
}

async function carryOver(
  reader: Pick<ReadOnlyDatabase, "all">,
  { fresh, keepsake }: RescueOptions,
  tables: readonly string[],
  { head }: Former,
): Promise<Carried> {
  const all: Carried = { carried: {}, incomplete: [], fromCopy: [] };
  for (const table of tables) {
    const { rows, isWhole } = await readTable(reader, table);
    const copied = isWhole ? [] : (keepsake?.tables[table] ?? []);
    const before = await insert(fresh, table, rows, head);
    const added = await insert(fresh, table, copied, head);
    if (before + added > 0) all.carried[table] = before + added;
    if (!isWhole) all.incomplete.push(table);
    if (added > 0) all.fromCopy.push(table);
  }
  const { rows } = await readTable(reader, "lane_deliveries");
  await insert(fresh, "lane_deliveries", rows, head, "former_deliveries");
  return all;
}

/** Returns how many rows were new. */
async function insert(
  fresh: Database,
  table: string,
  rows: readonly Row[],
  head: number,
  into = table,
): Promise<number> {
  if (rows.length === 0) return 0;
  const known = new Set((await columnsOf(fresh, into))?.map(({ name }) => name));
  const shift = (name: string, value: SqlValue): SqlValue =>
    WITH_SEQ.has(table) && SEQ_COLUMNS.has(name) && typeof value === "number" ? value - head - 1 : value;
  return fresh.transaction(async ({ run }) => {
    let count = 0;
    for (const row of rows) {
      const columns = Object.entries(row).filter(([name]) => known.has(name));
      const names = columns.map(([name]) => name).join(", ");
      const places = columns.map(() => "?").join(", ");
      // One that refers to a row which was lost is lost as well.
      count += await run(
        `INSERT OR IGNORE INTO ${into} (${names}) VALUES (${places})`,
        columns.map(([name, value]) => shift(name, value)),
      ).catch((error: unknown) => {
        if (errorCode(error) === "ledger.constraint") return 0;
        throw error;
      });
    }
    return count;
  });
}
