import { CLASSES_BY_URGENCY, type Lanes } from "../core/delivery.ts";
import type { EventClass } from "../core/event.ts";
import { addRange, gapsIn, type SeqRange } from "../core/seq-ranges.ts";
import type { Transaction } from "./sql.ts";

type Reading = Pick<Transaction, "all">;

/** Where the ledger ends; 0 when it is empty. */
export async function ledgerHead({ all }: Reading): Promise<number> {
  const [row] = await all<{ seq: number | null }>("SELECT max(seq) AS seq FROM events");
  return row?.seq ?? 0;
}

/** Ranges of `eventClass` that `upstream` is done with. */
export function laneOf(
  { all }: Reading,
  upstream: string,
  eventClass: EventClass,
): Promise<readonly SeqRange[]> {
  return all<SeqRange>(
    `SELECT first_seq AS first, last_seq AS last FROM delivered_lanes
     WHERE upstream = ? AND class = ? ORDER BY first_seq`,
    [upstream, eventClass],
  );
}

export async function lanesOf(reading: Reading, upstream: string): Promise<Lanes> {
  const [alarm, state, audit] = await Promise.all(
    (["alarm", "state", "audit"] as const).map((each) => laneOf(reading, upstream, each)),
  );
  return { alarm: alarm ?? [], state: state ?? [], audit: audit ?? [] };
}

export async function writeLane(
  { run }: Transaction,
  upstream: string,
  eventClass: EventClass,
  lane: readonly SeqRange[],
): Promise<void> {
  await run("DELETE FROM delivered_lanes WHERE upstream = ? AND class = ?", [upstream, eventClass]);
  await run(
    `INSERT INTO delivered_lanes (upstream, class, first_seq, last_seq)
     SELECT ?1, ?2, value ->> 'first', value ->> 'last' FROM json_each(?3)`,
    [upstream, eventClass, JSON.stringify(lane)],
  );
}

/** @returns what is new in the lane. */
export async function extendLane(
  transaction: Transaction,
  upstream: string,
  eventClass: EventClass,
  range: SeqRange,
): Promise<readonly SeqRange[]> {
  const lane = await laneOf(transaction, upstream, eventClass);
  const fresh = gapsIn(lane, range);
  if (fresh.length > 0) await writeLane(transaction, upstream, eventClass, addRange(lane, range));
  return fresh;
}

/** Moves on to where `upstream` is done with everything, in the table that tells it for all classes at once. */
export async function followWhole(transaction: Transaction, upstream: string, at: string): Promise<void> {
  const head = await ledgerHead(transaction);
  const lanes = await lanesOf(transaction, upstream);
  const open = await Promise.all(
    CLASSES_BY_URGENCY.map((each) => firstOpen(transaction, each, lanes[each], head)),
  );
  const whole = Math.min(...open.map((seq) => (seq === undefined ? head : seq - 1)));
  const before = await wholeOf(transaction, upstream);
  if (whole <= before) return;
  await transaction.run("INSERT INTO deliveries (upstream, first_seq, last_seq, at) VALUES (?, ?, ?, ?)", [
    upstream,
    before + 1,
    whole,
    at,
  ]);
}

/** Up to which seq `upstream` is done with everything; 0 at first. */
export async function wholeOf({ all }: Reading, upstream: string): Promise<number> {
  const [row] = await all<{ seq: number | null }>(
    "SELECT max(last_seq) AS seq FROM deliveries WHERE upstream = ?",
    [upstream],
  );
  return row?.seq ?? 0;
}

async function firstOpen(
  { all }: Reading,
  eventClass: EventClass,
  lane: readonly SeqRange[],
  head: number,
): Promise<number | undefined> {
  for (const { first, last } of gapsIn(lane, { first: 1, last: head })) {
    const [row] = await all<{ seq: number | null }>(
      "SELECT min(seq) AS seq FROM events WHERE class = ? AND seq BETWEEN ? AND ?",
      [eventClass, first, last],
    );
    if (row?.seq) return row.seq;
  }
  return undefined;
}
