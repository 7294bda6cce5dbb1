import type { DeadLetter, DeadLetters } from "../core/delivery.ts";
import type { EventClass } from "../core/event.ts";
import { cutRange } from "../core/seq-ranges.ts";
import { extendLane, followWhole, laneOf, writeLane } from "./lanes.ts";
import type { Database } from "./sql.ts";

const LONGEST_SAYING = 300;

/** What upstreams refused for good. The events themselves stay in the ledger. */
export function createDeadLetters(database: Database): DeadLetters {
  return {
    async add(upstream, letters) {
      await database.transaction(async (transaction) => {
        for (const { seq, class: eventClass, code, said, at } of letters) {
          await extendLane(transaction, upstream, eventClass, { first: seq, last: seq });
          await transaction.run(
            `INSERT OR REPLACE INTO dead_letters (upstream, seq, class, code, said, at) VALUES (?, ?, ?, ?, ?, ?)`,
            [upstream, seq, eventClass, code, said?.slice(0, LONGEST_SAYING) ?? null, at],
          );
          await followWhole(transaction, upstream, at);
        }
      });
    },
    async list(limit) {
      const rows = await database.all<Omit<DeadLetter, "said"> & { readonly said: string | null }>(
        `SELECT upstream, letter.seq, letter.class, coalesce(events.type, '') AS type, code, said, at
         FROM dead_letters AS letter LEFT JOIN events ON events.seq = letter.seq
         ORDER BY at DESC, letter.seq DESC LIMIT ?`,
        [limit],
      );
      return rows.map(({ said, ...letter }) => (said === null ? letter : { ...letter, said }));
    },
    async count(upstream) {
      const [row] = await database.all<{ count: number }>(
        "SELECT count(*) AS count FROM dead_letters WHERE upstream = ?",
        [upstream],
      );
      return row?.count ?? 0;
    },
    async seqsAfter(upstream, seq) {
      const rows = await database.all<{ seq: number }>(
        "SELECT seq FROM dead_letters WHERE upstream = ? AND seq > ? ORDER BY seq",
        [upstream, seq],
      );
      return rows.map((row) => row.seq);
    },
    takeBack: (upstream, seq) =>
      database.transaction(async (transaction) => {
        const [letter] = await transaction.all<{ class: EventClass }>(
          "SELECT class FROM dead_letters WHERE upstream = ? AND seq = ?",
          [upstream, seq],
        );
        if (!letter) return undefined;
        const lane = await laneOf(transaction, upstream, letter.class);
        await writeLane(transaction, upstream, letter.class, cutRange(lane, { first: seq, last: seq }));
        await transaction.run("DELETE FROM dead_letters WHERE upstream = ? AND seq = ?", [upstream, seq]);
        return letter.class;
      }),
  };
}
