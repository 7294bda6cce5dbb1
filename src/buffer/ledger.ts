import { errorCode, errorMessage, GatewayError } from "../core/errors.ts";
import type { EventDraft, EventQuery, Ledger, LedgerEvent } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import { createSignal } from "../core/signals.ts";
import type { Clock, Moment } from "../core/time.ts";
import { isoTime } from "../core/time.ts";
import type { ChainRecord, ChainTip } from "./chain.ts";
import { GENESIS_HASH, hashOf, seal } from "./chain.ts";
import { canonicalJson } from "./json-data.ts";
import type { Database, LazyTransaction, Transaction } from "./sql.ts";

const MAX_EVENT_BYTES = 65_536;
const MAX_READ = 1000;
// A commit holds what came in during the one before it, at most this much, so that memory and the log stay small.
const MAX_COMMIT_EVENTS = 500;
const MAX_COMMIT_BYTES = 4_194_304;

export type ClockQuality = "synced" | "unsynced";

/** A table kept from the events, changed in the transaction that appends them. It must not throw on odd data. */
export interface Projection {
  /** Whether this event may change anything here: a commit that concerns nobody is one statement. */
  concerns(event: LedgerEvent): boolean;
  apply(transaction: Transaction, events: readonly LedgerEvent[]): Promise<void>;
}

export interface LedgerDependencies {
  readonly database: Database;
  readonly clock: Clock;
  readonly clockQuality: () => ClockQuality;
  /** 0 to 1; makes the ledger's id. */
  readonly random: () => number;
  readonly log: Logger;
  readonly projections?: readonly Projection[];
}

export interface LedgerConfig {
  readonly siteId: string;
  readonly bootId: string;
  /** Appends that may wait for the disk before more are refused with `ledger.busy`. Default 10,000. */
  readonly maxPending?: number;
}

/** The ledger with what its own room needs. */
export interface StoredLedger extends Ledger {
  /** Appends, and does `work` in the same transaction: for what has to be so exactly when the event says it. */
  appendWith(draft: EventDraft, work: (transaction: Transaction) => Promise<void>): Promise<LedgerEvent>;
  /**
   * Takes over an event of a former ledger. What it tells and when it happened stay; its place and its hashes are new, and
   * `data.rescued` has its former id and hashes, from which anybody can make the former event again and check it.
   */
  adopt(former: LedgerEvent): Promise<LedgerEvent>;
  /** Records after a seq as they stand in the file, for `verifyChain`; at most 1000. */
  records(after: number): Promise<ChainRecord[]>;
  /** Resolves when every append made so far is on disk or was refused. */
  settled(): Promise<void>;
  /** Code of the failure of the last commit, e.g. `ledger.full`; undefined while the disk takes events. */
  fault(): string | undefined;
}

type OpenEvent = Omit<LedgerEvent, "hash" | "prevhash" | "seq" | "id">;

interface Prepared {
  readonly open: OpenEvent;
  readonly sizeBytes: number;
  readonly work?: ((transaction: Transaction) => Promise<void>) | undefined;
}

interface Pending extends Prepared {
  readonly resolve: (event: LedgerEvent) => void;
  readonly reject: (error: unknown) => void;
}

const LEDGER_ID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz";

/** 20 letters of 5 bits; without `-`, which parts it from the seq in an event's id. */
function randomLedgerId(random: () => number): string {
  return Array.from({ length: 20 }, () => LEDGER_ID_LETTERS[Math.floor(random() * 32)] ?? "0").join("");
}

async function readTip(transaction: Transaction): Promise<ChainTip> {
  const [last] = await transaction.all<ChainTip>("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1");
  return last ?? { seq: 0, hash: GENESIS_HASH };
}

/** The last event is what the next one builds on: a file that was tampered with or half restored stops here. */
export async function checkTip({ all }: Pick<Transaction, "all">): Promise<void> {
  const [last] = await all<ChainRecord>("SELECT * FROM events ORDER BY seq DESC LIMIT 1");
  if (!last || last.body === null || hashOf(last.body) === last.hash) return;
  throw new GatewayError(`Event ${last.seq} at the end of the ledger does not match its hash`, {
    code: "ledger.corrupt",
    kind: "permanent",
  });
}

function toEvent(row: { hash: string; body: string }): LedgerEvent {
  return { ...(JSON.parse(row.body) as Omit<LedgerEvent, "hash">), hash: row.hash };
}

function whole(value: number, most: number): number {
  return Math.max(0, Math.min(most, Math.floor(value)));
}

/**
 * Opens the ledger in `database`; makes its id with the file.
 * `append` also rejects with `event.not_json`, `event.too_large` (permanent; above 64 KiB of canonical data and subject),
 * `ledger.busy` (transient), and leaves no trace of an event that it rejected.
 */
export async function createLedger(
  { database, clock, clockQuality, random, log, projections = [] }: LedgerDependencies,
  { siteId, bootId, maxPending = 10_000 }: LedgerConfig,
): Promise<StoredLedger> {
  const appended = createSignal<LedgerEvent>();
  const pending: Pending[] = [];
  let committing: Promise<void> | undefined;

  const opened = await database.transaction(async (transaction) => {
    await checkTip(transaction);
    await transaction.run("INSERT OR IGNORE INTO meta (key, value) VALUES ('ledger', ?)", [
      randomLedgerId(random),
    ]);
    const [row] = await transaction.all<{ value: string }>("SELECT value FROM meta WHERE key = 'ledger'");
    return { id: row?.value ?? "", tip: await readTip(transaction) };
  });
  const id = opened.id;
  let tip = opened.tip;
  let tipIsSure = true;
  let fault: string | undefined;

  function prepare(draft: EventDraft, now: Moment): Prepared {
    // The copy also protects the event from changes that the caller makes to its data later.
    const data = canonicalJson(draft.data);
    const sizeBytes = Buffer.byteLength(data) + Buffer.byteLength(draft.subject ?? "");
    if (sizeBytes > MAX_EVENT_BYTES) {
      throw new GatewayError(`An event of ${sizeBytes} bytes is above the limit of ${MAX_EVENT_BYTES}`, {
        code: "event.too_large",
        kind: "permanent",
      });
    }
    return {
      sizeBytes,
      open: {
        specversion: "1.0",
        source: `/sites/${siteId}`,
        type: draft.type,
        ...(draft.subject === undefined ? {} : { subject: draft.subject }),
        time: isoTime(now.wallMs),
        datacontenttype: "application/json",
        data: JSON.parse(data) as Record<string, unknown>,
        ledger: id,
        class: draft.class,
        boot: bootId,
        monotonic: Math.floor(now.monotonicMs),
        clock: clockQuality(),
      },
    };
  }

  function prepareFormer({ prevhash, hash, id: formerId, seq: _, ...told }: LedgerEvent): Prepared {
    // Of one that was rescued before, the first name stays.
    const rescued = told.data["rescued"] ?? { id: formerId, prevhash, hash };
    const open = { ...told, ledger: id, data: { ...told.data, rescued } };
    return { open, sizeBytes: Buffer.byteLength(canonicalJson(open.data)) };
  }

  function enqueue(prepared: () => Prepared): Promise<LedgerEvent> {
    return new Promise((resolve, reject) => {
      if (pending.length >= maxPending) {
        throw new GatewayError("Too many events wait for the disk", {
          code: "ledger.busy",
          kind: "transient",
        });
      }
      pending.push({ ...prepared(), resolve, reject });
      committing ??= commitAll();
    });
  }

  function takeBatch(): Pending[] {
    let bytes = 0;
    let count = 0;
    for (const { sizeBytes } of pending) {
      bytes += sizeBytes;
      if (count === MAX_COMMIT_EVENTS || (count > 0 && bytes > MAX_COMMIT_BYTES)) break;
      count += 1;
    }
    return pending.splice(0, count);
  }

  async function write(transaction: LazyTransaction, batch: readonly Pending[]): Promise<LedgerEvent[]> {
    const from = tipIsSure ? tip : await readTip(transaction);
    let last = from;
    const sealed = batch.map(({ open }) => {
      const seq = last.seq + 1;
      const made = seal({ ...open, id: `${id}-${seq}`, seq, prevhash: last.hash });
      last = made.record;
      return made;
    });
    const rows = sealed.map(({ record }) => [
      record.seq,
      record.hash,
      record.class,
      record.type,
      record.body,
    ]);
    const events = sealed.map(({ event }) => event);
    const insert = `INSERT INTO events (seq, hash, class, type, body)
       SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each(?)`;
    const values = [JSON.stringify(rows)];
    const concerned = projections.filter(({ concerns }) => events.some((event) => concerns(event)));
    if (tipIsSure && concerned.length === 0 && batch.every(({ work }) => work === undefined)) {
      await transaction.only(insert, values);
      return events;
    }
    await transaction.run(insert, values);
    for (const projection of concerned) await projection.apply(transaction, events);
    for (const { work } of batch) await work?.(transaction);
    return events;
  }

  async function commitOnce(): Promise<void> {
    let batch: Pending[] = [];
    let events: LedgerEvent[];
    try {
      events = await database.transaction((transaction) => {
        batch = takeBatch();
        return write(transaction, batch);
      });
    } catch (error) {
      // Whether a commit that failed half-way took place, only the file knows.
      tipIsSure = false;
      fault = errorCode(error);
      if (batch.length === 0) batch = takeBatch();
      for (const { reject } of batch) reject(error);
      return;
    }
    fault = undefined;
    const newest = events.at(-1);
    if (newest === undefined) return;
    tip = newest;
    tipIsSure = true;
    for (const [index, { resolve }] of batch.entries()) {
      const event = events[index];
      if (event) resolve(event);
    }
    for (const event of events) appended.emit(event);
  }

  async function commitAll(): Promise<void> {
    while (pending.length > 0) await commitOnce();
    committing = undefined;
  }

  return {
    id,
    get head() {
      return tip.seq;
    },
    append: (draft) => enqueue(() => prepare(draft, clock.now())),
    appendWith: (draft, work) => enqueue(() => ({ ...prepare(draft, clock.now()), work })),
    adopt: (former) => enqueue(() => prepareFormer(former)),
    async read({ after, limit, class: only, except }: EventQuery) {
      const classes = [
        ...(only === undefined ? [] : [{ sql: "AND class = ?", value: only }]),
        ...(except === undefined ? [] : [{ sql: "AND class <> ?", value: except }]),
      ];
      const rows = await database.all<{ hash: string; body: string }>(
        `SELECT hash, body FROM events
         WHERE seq > ? AND body IS NOT NULL ${classes.map(({ sql }) => sql).join(" ")}
         ORDER BY seq LIMIT ?`,
        [after, ...classes.map(({ value }) => value), whole(limit, MAX_READ)],
      );
      return rows.map(toEvent);
    },
    async latest(limit) {
      const rows = await database.all<{ hash: string; body: string }>(
        "SELECT hash, body FROM events WHERE body IS NOT NULL ORDER BY seq DESC LIMIT ?",
        [whole(limit, MAX_READ)],
      );
      return rows.map(toEvent);
    },
    records: (after) =>
      database.all<ChainRecord>(
        "SELECT seq, hash, class, type, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
        [after, MAX_READ],
      ),
    fault: () => fault,
    settled: () => committing ?? Promise.resolve(),
    onAppend: (listener) =>
      appended.on((event) => {
        try {
          listener(event);
        } catch (error) {
          log.error({ reason: errorMessage(error) }, "a listener of the ledger failed");
        }
      }),
  };
}
