// What a county keeps of all its boxes, in PostgreSQL. Events come class by class, in any order, through several readers at once: what
// is true of a ledger stands in its row, which a transaction locks before it adds to it.
import { createHash } from "node:crypto";
import type { CountyBatch, CountyDelivery, CountyStore, KeptLedger } from "../../core/county.ts";
import type { LedgerEvent } from "../../core/event.ts";
import type { LedgerAccount, SeqSpan } from "../../core/pulled-copy.ts";
import { addRange, type SeqRange } from "../../core/seq-ranges.ts";
import { openPostgres, type PostgresTransaction } from "../postgres.ts";
import { advance, emptyAccount } from "./copy-account.ts";
import { writeAlarms, writeBoxes, writeStrangers } from "./county-boxes.ts";
import { readBoxes, readStrangers } from "./county-records.ts";
import { POSTGRES_MIGRATIONS } from "./postgres-schema.ts";
import { type EventOfBox, insertEvents } from "./postgres-tables.ts";

/** One writes, others are asked for figures. */
const MOST_CONNECTIONS = 4;
/** What a gap that was filled lets the chain be followed over in one transaction; the next one goes on. */
const MOST_FOLLOWED = 5000;

interface LedgerRow extends KeptLedger {
  readonly account: string;
  readonly head: number;
}

/** A question of a box that has nothing new changes nothing, and most of them are such. */
interface FollowedRow extends LedgerRow {
  readonly isChanged: boolean;
}

/** @throws GatewayError `copy.*`. */
export async function openCountyStore(url: string, password?: string): Promise<CountyStore> {
  const migrations = POSTGRES_MIGRATIONS;
  const database = await openPostgres({ url, password, migrations, mostConnections: MOST_CONNECTIONS });
  return {
    keep: (batch) => database.transaction((transaction) => keep(transaction, batch)),
    boxes: () => readBoxes(database),
    strangers: () => readStrangers(database),
    close: () => database.close(),
  };
}

async function keep(transaction: PostgresTransaction, batch: CountyBatch): Promise<readonly KeptLedger[]> {
  // Always in the same order: two readers that lock the same rows wait for each other, and not in a circle.
  const deliveries = [...batch.deliveries].sort(
    (a, b) => compare(a.box, b.box) || compare(a.ledger, b.ledger),
  );
  const locked = await lockLedgers(transaction, deliveries);
  const events = deliveries.flatMap(({ box, ledger, events: own }) =>
    own.map((event) => ({ box, ledger, event })),
  );
  const fresh = await addEvents(transaction, events, batch.receivedAt);
  await setAside(transaction, deliveries, batch.receivedAt);
  const rows: FollowedRow[] = [];
  for (const delivery of deliveries) {
    const before = locked.get(keyOf(delivery));
    if (before) rows.push(await follow(transaction, before, delivery));
  }
  await saveLedgers(
    transaction,
    rows.filter(({ isChanged }) => isChanged),
  );
  await writeAlarms(transaction, fresh, batch.receivedAt);
  await writeBoxes(transaction, deliveries, batch);
  await writeStrangers(transaction, batch);
  return rows;
}

async function lockLedgers(
  { all }: PostgresTransaction,
  deliveries: readonly CountyDelivery[],
): Promise<ReadonlyMap<string, LedgerRow>> {
  if (deliveries.length === 0) return new Map();
  const boxes = deliveries.map(({ box }) => box);
  const ledgers = deliveries.map(({ ledger }) => ledger);
  const empty = ledgers.map((ledger) => JSON.stringify(emptyAccount(ledger)));
  await all(
    `INSERT INTO ledgers (box, ledger, account)
     SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING`,
    [boxes, ledgers, empty],
  );
  const rows = await all<LedgerRow>(
    `SELECT box, ledger, account, have, head FROM ledgers
     WHERE (box, ledger) IN (SELECT * FROM unnest($1::text[], $2::text[]))
     ORDER BY box, ledger FOR UPDATE`,
    [boxes, ledgers],
  );
  return new Map(rows.map((row) => [keyOf(row), row]));
}

/** @returns those that were not there. One with the number of another is set aside: neither is less true than the other. */
async function addEvents(
  transaction: PostgresTransaction,
  events: readonly EventOfBox[],
  receivedAt: string,
): Promise<readonly EventOfBox[]> {
  if (events.length === 0) return [];
  const inserted = new Set((await insertEvents(transaction, events)).map(placeOf));
  const known = events.filter(
    ({ box, ledger, event: { seq } }) => !inserted.has(placeOf({ box, ledger, seq })),
  );
  if (known.length > 0) {
    const rows = await transaction.all<{ box: string; ledger: string; seq: number; event: string }>(
      `SELECT box, ledger, seq, event FROM events
       WHERE (box, ledger, seq) IN (SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]))`,
      [
        known.map(({ box }) => box),
        known.map(({ ledger }) => ledger),
        known.map(({ event: { seq } }) => seq),
      ],
    );
    const there = new Map(rows.map((row) => [placeOf(row), (JSON.parse(row.event) as LedgerEvent).hash]));
    for (const { box, ledger, event } of known) {
      if (there.get(placeOf({ box, ledger, seq: event.seq })) === event.hash) continue;
      await addAside(
        transaction,
        { box, ledger, seq: event.seq, reason: "clash", payload: JSON.stringify(event) },
        receivedAt,
      );
    }
  }
  return events.filter(({ box, ledger, event: { seq } }) => inserted.has(placeOf({ box, ledger, seq })));
}

async function setAside(
  transaction: PostgresTransaction,
  deliveries: readonly CountyDelivery[],
  receivedAt: string,
): Promise<void> {
  for (const { box, ledger, odd } of deliveries) {
    for (const { seq, payload } of odd) {
      await addAside(transaction, { box, ledger, seq, reason: "form", payload }, receivedAt);
    }
  }
}

/** The same once, however often it comes. */
async function addAside(
  { all }: PostgresTransaction,
  one: { box: string; ledger: string; seq: number; reason: "form" | "clash"; payload: string },
  receivedAt: string,
): Promise<void> {
  const sum = createHash("sha256").update(one.payload).digest("hex");
  await all(
    `INSERT INTO set_aside (box, ledger, seq, reason, sum, payload, received)
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`,
    [one.box, one.ledger, one.seq, one.reason, sum, one.payload, receivedAt],
  );
}

/** Adds to what is here, and follows the chain as far as nothing is awaited any more. */
async function follow(
  { all }: PostgresTransaction,
  before: LedgerRow,
  { box, ledger, events, odd, absent, head }: CountyDelivery,
): Promise<FollowedRow> {
  let { have } = before;
  for (const { seq } of [...events, ...odd]) have = addRange(have, { first: seq, last: seq });
  for (const range of absent) have = addRange(have, range);
  let account = JSON.parse(before.account) as LedgerAccount;
  const through = storedOf(have);
  const here = events.filter(({ seq }) => seq > account.seq && seq <= through);
  let next: readonly LedgerEvent[] = here;
  if (here.length < through - account.seq) {
    const rows = await all<{ event: string }>(
      `SELECT event FROM events WHERE box = $1 AND ledger = $2 AND seq > $3 AND seq <= $4 ORDER BY seq LIMIT $5`,
      [box, ledger, account.seq, through, MOST_FOLLOWED],
    );
    next = rows.map(({ event }) => JSON.parse(event) as LedgerEvent);
  }
  account = advance({ ...account, evicted: merged(account.evicted, absent) }, next).account;
  const top = have.at(-1)?.last ?? 0;
  const row = { box, ledger, have, head: Math.max(before.head, head, top), account: JSON.stringify(account) };
  const isSame = have === before.have && row.head === before.head && row.account === before.account;
  return { ...row, isChanged: !isSame };
}

/** What the box says never comes is declared, as if its ledger had said so. */
function merged(evicted: readonly SeqSpan[], absent: readonly SeqRange[]): readonly SeqSpan[] {
  if (absent.length === 0) return evicted;
  const ranges = [...evicted.map(({ firstSeq, lastSeq }) => ({ first: firstSeq, last: lastSeq })), ...absent];
  return ranges
    .reduce<readonly SeqRange[]>(addRange, [])
    .map(({ first, last }) => ({ firstSeq: first, lastSeq: last }));
}

async function saveLedgers({ all }: PostgresTransaction, rows: readonly LedgerRow[]): Promise<void> {
  if (rows.length === 0) return;
  await all(
    `UPDATE ledgers SET account = u.account, have = u.have::jsonb, head = u.head
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[]) AS u (box, ledger, account, have, head)
     WHERE ledgers.box = u.box AND ledgers.ledger = u.ledger`,
    [
      rows.map(({ box }) => box),
      rows.map(({ ledger }) => ledger),
      rows.map(({ account }) => account),
      rows.map(({ have }) => JSON.stringify(have)),
      rows.map(({ head }) => head),
    ],
  );
}

/** Everything up to here is here or never comes. */
function storedOf([first]: readonly SeqRange[]): number {
  return first?.first === 1 ? first.last : 0;
}

const keyOf = ({ box, ledger }: { box: string; ledger: string }): string => `${box} ${ledger}`;
const placeOf = ({ box, ledger, seq }: { box: string; ledger: string; seq: number }): string =>
  `${box} ${ledger} ${seq}`;

/** As `COLLATE "C"` does. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
