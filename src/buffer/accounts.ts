import { GatewayError } from "../core/errors.ts";
import type { AccountStore, StoredAccount } from "../core/stores.ts";
import type { Clock } from "../core/time.ts";
import { isoTime } from "../core/time.ts";
import type { Database } from "./sql.ts";

/**
 * `save` ends the sessions of an account whose password changes. `session` gives none that has expired.
 * `openSession` rejects with `account.unknown` (permanent).
 */
export function createAccounts({ database, clock }: { database: Database; clock: Clock }): AccountStore {
  const now = (): string => isoTime(clock.now().wallMs);

  return {
    async find(username) {
      const [row] = await database.all<StoredAccount>(
        "SELECT username, password_hash AS passwordHash, role FROM accounts WHERE username = ?",
        [username],
      );
      return row;
    },
    async save({ username, passwordHash, role }) {
      await database.transaction(async ({ run }) => {
        await run(
          `DELETE FROM sessions WHERE username =
             (SELECT username FROM accounts WHERE username = ? AND password_hash <> ?)`,
          [username, passwordHash],
        );
        await run(
          `INSERT INTO accounts (username, password_hash, role) VALUES (?, ?, ?)
           ON CONFLICT (username) DO UPDATE SET password_hash = excluded.password_hash, role = excluded.role`,
          [username, passwordHash, role],
        );
      });
    },
    async count() {
      const [row] = await database.all<{ count: number }>("SELECT count(*) AS count FROM accounts");
      return row?.count ?? 0;
    },
    async openSession(tokenHash, username, expiresAt) {
      await database.transaction(async ({ all, run }) => {
        const [account] = await all("SELECT 1 FROM accounts WHERE username = ?", [username]);
        if (account === undefined) {
          throw new GatewayError(`There is no account ${username}`, {
            code: "account.unknown",
            kind: "permanent",
          });
        }
        await run("DELETE FROM sessions WHERE expires_at <= ?", [now()]);
        await run("INSERT INTO sessions (token_hash, username, expires_at) VALUES (?, ?, ?)", [
          tokenHash,
          username,
          expiresAt,
        ]);
      });
    },
    async session(tokenHash) {
      const [row] = await database.all<{ username: string; role: string; expiresAt: string }>(
        `SELECT username, role, expires_at AS expiresAt FROM sessions JOIN accounts USING (username)
         WHERE token_hash = ? AND expires_at > ?`,
        [tokenHash, now()],
      );
      return row;
    },
    async closeSession(tokenHash) {
      await database.transaction(({ run }) => run("DELETE FROM sessions WHERE token_hash = ?", [tokenHash]));
    },
  };
}
