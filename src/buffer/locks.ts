import type { LockStore, StoredLock } from "../core/accounts.ts";
import type { Database } from "./sql.ts";

const MOST_LOCKS = 1_000;
const MOST_PLACES = 20;

export function createLocks(database: Database): LockStore {
  return {
    list: () => database.all<StoredLock>("SELECT kind, subject, failures, at FROM locks ORDER BY number"),
    async save({ kind, subject, failures, at }) {
      await database.transaction(async ({ run }) => {
        // Replacing gives it the highest number: the first are those that failed longest ago.
        await run("INSERT OR REPLACE INTO locks (kind, subject, failures, at) VALUES (?, ?, ?, ?)", [
          kind,
          subject,
          failures,
          at,
        ]);
        await run(
          "DELETE FROM locks WHERE number NOT IN (SELECT number FROM locks ORDER BY number DESC LIMIT ?)",
          [MOST_LOCKS],
        );
      });
    },
    async remove(kind, subject) {
      await database.transaction(({ run }) =>
        run("DELETE FROM locks WHERE kind = ? AND subject = ?", [kind, subject]),
      );
    },
    async isKnownPlace(username, network) {
      const [row] = await database.all("SELECT 1 FROM log_in_places WHERE username = ? AND network = ?", [
        username,
        network,
      ]);
      return row !== undefined;
    },
    async knowPlace(username, network, at) {
      await database.transaction(async ({ run }) => {
        await run("INSERT OR REPLACE INTO log_in_places (username, network, at) VALUES (?, ?, ?)", [
          username,
          network,
          at,
        ]);
        await run(
          `DELETE FROM log_in_places WHERE username = ?1 AND number NOT IN
             (SELECT number FROM log_in_places WHERE username = ?1 ORDER BY number DESC LIMIT ?2)`,
          [username, MOST_PLACES],
        );
      });
    },
  };
}
