import type { Cursor, Cursors } from "../core/delivery.ts";
import { GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { Database } from "./sql.ts";

/** A puller may move its cursor back: it knows best what it lost. */
export function createCursors({
  database,
  ledger,
}: {
  database: Database;
  ledger: Pick<Ledger, "id" | "head">;
}): Cursors {
  return {
    async get(name) {
      const [row] = await database.all<Cursor>("SELECT name, ledger, seq FROM cursors WHERE name = ?", [
        name,
      ]);
      return row;
    },
    async put({ name, ledger: id, seq }) {
      if (id !== ledger.id) {
        throw new GatewayError(`Cursor ${name} belongs to another ledger`, {
          code: "cursor.other_ledger",
          kind: "permanent",
        });
      }
      if (!Number.isSafeInteger(seq) || seq < 0 || seq > ledger.head) {
        throw new GatewayError(`Cursor ${name} is at ${seq}, the ledger ends at ${ledger.head}`, {
          code: "cursor.future",
          kind: "permanent",
        });
      }
      await database.transaction(({ run }) =>
        run(
          `INSERT INTO cursors (name, ledger, seq) VALUES (?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET ledger = excluded.ledger, seq = excluded.seq`,
          [name, id, seq],
        ),
      );
    },
  };
}
