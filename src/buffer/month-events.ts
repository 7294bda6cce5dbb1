import type { LedgerEvent } from "../core/event.ts";
import type { MonthEvents } from "../core/monthly-sheet.ts";
import { IS_OF_SHEET, OUTAGE_TYPES } from "./migrations/0020-monthly-sheet.ts";
import type { Database, SqlValue } from "./sql.ts";

const DAY_MS = 86_400_000;
const PAGE = 500;
/** Where the search for the beginning is near enough. */
const NEAR_ENOUGH = 1000;
/** So many events in a row by a wrong clock are passed over in search of one by a right clock. */
const MOST_WRONG = 200;

const FROM_INDEX = `FROM events INDEXED BY events_of_sheet WHERE ${IS_OF_SHEET} AND body IS NOT NULL`;

interface Row {
  readonly seq: number;
  readonly hash: string;
  readonly body: string;
}

/** Reads what monthly sheets are counted from, in pages, by an index that holds nothing else. */
export function createMonthEvents(database: Pick<Database, "all">): MonthEvents {
  async function* pages(
    afterSeq: number,
    throughSeq: number,
    types?: readonly string[],
  ): AsyncGenerator<readonly LedgerEvent[]> {
    const [only, values]: [string, readonly SqlValue[]] = types
      ? ["AND type IN (SELECT value FROM json_each(?))", [JSON.stringify(types)]]
      : ["", []];
    for (let after = afterSeq; ; ) {
      const rows = await database.all<Row>(
        `SELECT seq, hash, body ${FROM_INDEX} AND seq > ? AND seq <= ? ${only} ORDER BY seq LIMIT ${PAGE}`,
        [after, throughSeq, ...values],
      );
      const last = rows.at(-1);
      if (!last) return;
      yield rows.map(({ hash, body }) => ({ ...(JSON.parse(body) as Omit<LedgerEvent, "hash">), hash }));
      after = last.seq;
    }
  }

  /** Of the first event after a seq whose clock was right, its seq and time. */
  async function knownAfter(seq: number): Promise<{ seq: number; ms: number } | undefined> {
    const [row] = await database.all<{ seq: number; time: string }>(
      `SELECT seq, body ->> '$.time' AS time
       FROM (SELECT seq, body ${FROM_INDEX} AND seq > ? ORDER BY seq LIMIT ${MOST_WRONG})
       WHERE body ->> '$.clock' = 'synced' LIMIT 1`,
      [seq],
    );
    return row && { seq: row.seq, ms: Date.parse(row.time) };
  }

  /** A seq before everything that happened from then on, and not far from it where clocks were right. */
  async function seqBefore(ms: number): Promise<number> {
    const [head] = await database.all<{ seq: number | null }>(`SELECT max(seq) AS seq FROM events`);
    let before = 0;
    let after = head?.seq ?? 0;
    while (after - before > NEAR_ENOUGH) {
      const middle = Math.floor((before + after) / 2);
      const known = await knownAfter(middle);
      // Where only wrong clocks tell, it begins too early rather than too late.
      if (known && known.seq < after && known.ms < ms) before = known.seq;
      else after = middle;
    }
    return before;
  }

  return {
    async *between(fromMs, untilMs) {
      const beforeSeq = await seqBefore(fromMs - DAY_MS);
      // An outage may have begun long before the month.
      yield* pages(0, beforeSeq, OUTAGE_TYPES);
      for await (const page of pages(beforeSeq, Number.MAX_SAFE_INTEGER)) {
        yield page;
        const isPast = ({ clock, time }: LedgerEvent): boolean =>
          clock === "synced" && Date.parse(time) >= untilMs + DAY_MS;
        if (page.some(isPast)) return;
      }
    },
  };
}
