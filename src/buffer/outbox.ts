import type { Delivery, Outbox } from "../core/delivery.ts";
import { GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { Database, Transaction } from "./sql.ts";

/** Up to which seq an upstream has acknowledged everything; 0 at first. */
export async function acknowledgedBy({ all }: Pick<Transaction, "all">, upstream: string): Promise<number> {
  const [row] = await all<{ seq: number | null }>(
    "SELECT max(last_seq) AS seq FROM deliveries WHERE upstream = ?",
    [upstream],
  );
  return row?.seq ?? 0;
}

/** `acknowledge` also rejects with `outbox.future` (permanent) for a seq that the ledger does not have. */
export function createOutbox({
  database,
  ledger,
}: {
  database: Database;
  ledger: Pick<Ledger, "head">;
}): Outbox {
  return {
    acknowledged: (upstream) => acknowledgedBy(database, upstream),
    async acknowledge(upstream, lastSeq, at) {
      if (!Number.isSafeInteger(lastSeq) || lastSeq > ledger.head) {
        throw new GatewayError(`Upstream ${upstream} acknowledges event ${lastSeq} of ${ledger.head}`, {
          code: "outbox.future",
          kind: "permanent",
        });
      }
      await database.transaction(async (transaction) => {
        const before = await acknowledgedBy(transaction, upstream);
        if (lastSeq <= before) return;
        await transaction.run(
          "INSERT INTO deliveries (upstream, first_seq, last_seq, at) VALUES (?, ?, ?, ?)",
          [upstream, before + 1, lastSeq, at],
        );
      });
    },
    async waiting(upstream) {
      const [row] = await database.all<{ events: number; alarms: number }>(
        `WITH done AS (SELECT coalesce(max(last_seq), 0) AS seq FROM deliveries WHERE upstream = ?)
         SELECT (SELECT coalesce(max(seq), 0) FROM events) - done.seq AS events,
                (SELECT count(*) FROM events WHERE class = 'alarm' AND events.seq > done.seq) AS alarms
         FROM done`,
        [upstream],
      );
      return { events: row?.events ?? 0, alarms: row?.alarms ?? 0 };
    },
    deliveries: (firstSeq, lastSeq) =>
      database.all<Delivery>(
        `SELECT upstream, first_seq AS firstSeq, last_seq AS lastSeq, at FROM deliveries
         WHERE last_seq >= ?1 AND first_seq <= ?2
         UNION ALL SELECT upstream, first_seq, last_seq, at FROM former_deliveries
         WHERE last_seq >= ?1 AND first_seq <= ?2
         ORDER BY upstream, lastSeq`,
        [firstSeq, lastSeq],
      ),
  };
}
