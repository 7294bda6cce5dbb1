import {
  type Acknowledgement,
  CLASSES_BY_URGENCY,
  type Delivery,
  type LaneSpan,
  type Outbox,
  type UpstreamWord,
} from "../core/delivery.ts";
import { GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import { addRange, gapsIn, rangesOf, type SeqRange } from "../core/seq-ranges.ts";
import { createGroupedWrites } from "./grouped-writes.ts";
import { extendLane, followWhole, lanesOf, wholeOf } from "./lanes.ts";
import type { Database, Transaction } from "./sql.ts";

interface Accepted {
  readonly upstream: string;
  readonly word: Acknowledgement;
}

function joined(spans: readonly LaneSpan[]): readonly LaneSpan[] {
  return CLASSES_BY_URGENCY.flatMap((each) =>
    spans
      .filter((span) => span.class === each)
      .reduce<readonly SeqRange[]>(addRange, [])
      .map((range) => ({ class: each, ...range })),
  );
}

/** `acknowledge` and `accept` also reject with `outbox.future` (permanent) for a seq that the ledger does not have. */
export function createOutbox({
  database,
  ledger,
}: {
  database: Database;
  ledger: Pick<Ledger, "head">;
}): Outbox {
  function mustExist(upstream: string, lastSeq: number): void {
    if (Number.isSafeInteger(lastSeq) && lastSeq <= ledger.head) return;
    throw new GatewayError(`Upstream ${upstream} acknowledges event ${lastSeq} of ${ledger.head}`, {
      code: "outbox.future",
      kind: "permanent",
    });
  }

  async function record(
    transaction: Transaction,
    upstream: string,
    spans: readonly LaneSpan[],
    at: string,
  ): Promise<void> {
    let isNew = false;
    for (const { class: eventClass, first, last } of joined(spans)) {
      for (const fresh of await extendLane(transaction, upstream, eventClass, { first, last })) {
        isNew = true;
        await transaction.run(
          "INSERT INTO lane_deliveries (upstream, class, first_seq, last_seq, at) VALUES (?, ?, ?, ?, ?)",
          [upstream, eventClass, fresh.first, fresh.last, at],
        );
      }
    }
    if (isNew) await followWhole(transaction, upstream, at);
  }

  /** A backlog that goes brings many words at once, and each commit costs the disk a sync that an alarm may be waiting for. */
  const accept = createGroupedWrites<Accepted>(database, async (transaction, accepted) => {
    for (const upstream of new Set(accepted.map((one) => one.upstream))) {
      const words = accepted.filter((one) => one.upstream === upstream).map(({ word }) => word);
      const last = words.at(-1);
      if (!last) continue;
      const spans = words.flatMap((word) => word.spans);
      await record(transaction, upstream, spans, last.at);
      await transaction.run(
        `INSERT INTO upstream_words (upstream, stored, heard_at) VALUES (?, ?, ?)
         ON CONFLICT (upstream) DO UPDATE SET stored = excluded.stored, heard_at = excluded.heard_at`,
        [upstream, last.stored, last.at],
      );
    }
  });

  const everyClass = (lastSeq: number): LaneSpan[] =>
    CLASSES_BY_URGENCY.map((each) => ({ class: each, first: 1, last: lastSeq }));

  return {
    acknowledged: (upstream) => wholeOf(database, upstream),
    async acknowledge(upstream, lastSeq, at) {
      mustExist(upstream, lastSeq);
      await database.transaction((transaction) => record(transaction, upstream, everyClass(lastSeq), at));
    },
    async accept(upstream, word) {
      for (const last of [word.stored, ...word.spans.map((span) => span.last)]) mustExist(upstream, last);
      await accept({ upstream, word });
    },
    lanes: (upstream) => lanesOf(database, upstream),
    async word(upstream) {
      const [row] = await database.all<UpstreamWord>(
        "SELECT stored, heard_at AS heardAt FROM upstream_words WHERE upstream = ?",
        [upstream],
      );
      return row;
    },
    async heard(upstream, at) {
      await database.transaction(({ run }) =>
        run(
          `INSERT INTO upstream_words (upstream, stored, heard_at) VALUES (?, 0, ?)
           ON CONFLICT (upstream) DO UPDATE SET heard_at = excluded.heard_at`,
          [upstream, at],
        ),
      );
    },
    async absent(eventClass, { first, last }) {
      const rows = await database.all<{ seq: number }>(
        `SELECT seq FROM events WHERE body IS NULL AND seq BETWEEN ?1 AND ?2 AND (?3 IS NULL OR class = ?3)
         ORDER BY seq`,
        [first, last, eventClass ?? null],
      );
      return rangesOf(rows.map(({ seq }) => seq));
    },
    async waiting(upstream, throughSeq = ledger.head) {
      const lanes = await lanesOf(database, upstream);
      const counts = await Promise.all(
        CLASSES_BY_URGENCY.map(async (each) => {
          const gaps = gapsIn(lanes[each], { first: 1, last: throughSeq });
          const [row] = await database.all<{ count: number }>(
            `SELECT coalesce(sum((SELECT count(*) FROM events
               WHERE class = ?1 AND seq BETWEEN value ->> 'first' AND value ->> 'last')), 0) AS count
             FROM json_each(?2)`,
            [each, JSON.stringify(gaps)],
          );
          return row?.count ?? 0;
        }),
      );
      return { events: counts.reduce((sum, count) => sum + count, 0), alarms: counts[0] ?? 0 };
    },
    deliveries: (firstSeq, lastSeq) =>
      // The rows of a lane do not overlap: the last one wanted is the first that reaches `lastSeq`.
      database.all<Delivery>(
        `SELECT done.upstream, done.class, first_seq AS firstSeq, last_seq AS lastSeq, at
         FROM (SELECT DISTINCT upstream, class FROM delivered_lanes) AS lane
         JOIN lane_deliveries AS done ON done.upstream = lane.upstream AND done.class = lane.class
           AND done.last_seq >= ?1 AND done.last_seq <= coalesce(
             (SELECT min(last_seq) FROM lane_deliveries AS reach
              WHERE reach.upstream = lane.upstream AND reach.class = lane.class AND reach.last_seq >= ?2), ?2)
         WHERE first_seq <= ?2
         UNION ALL SELECT upstream, class, first_seq, last_seq, at FROM former_deliveries
         WHERE last_seq >= ?1 AND first_seq <= ?2
         ORDER BY 1, 2, 4`,
        [firstSeq, lastSeq],
      ),
  };
}
