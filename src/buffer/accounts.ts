import type { AccountStore, StoredAccount, StoredSession } from "../core/accounts.ts";
import { GatewayError } from "../core/errors.ts";
import type { Clock } from "../core/time.ts";
import { isoTime } from "../core/time.ts";
import type { Database, Transaction } from "./sql.ts";

const MOST_SESSIONS = 50;

const SESSION = `token_hash AS tokenHash, username, address, agent, opened_at AS openedAt,
  last_used_at AS lastUsedAt, expires_at AS expiresAt`;
const ACCOUNT = "username, password_hash AS passwordHash, role, disabled";

type AccountRow = Omit<StoredAccount, "disabled"> & { readonly disabled: number };

/** Everything that ends sessions does so in the transaction that changes the account. */
export function createAccounts({ database, clock }: { database: Database; clock: Clock }): AccountStore {
  const now = (): string => isoTime(clock.now().wallMs);

  async function save(transaction: Transaction, account: StoredAccount): Promise<void> {
    const { username, passwordHash, role, disabled = false } = account;
    await transaction.run(
      `DELETE FROM sessions WHERE username = (SELECT username FROM accounts
         WHERE username = ?1 AND (password_hash <> ?2 OR role <> ?3 OR ?4 = 1))`,
      [username, passwordHash, role, Number(disabled)],
    );
    await transaction.run(
      `INSERT INTO accounts (username, password_hash, role, disabled) VALUES (?, ?, ?, ?)
       ON CONFLICT (username) DO UPDATE SET
         password_hash = excluded.password_hash, role = excluded.role, disabled = excluded.disabled`,
      [username, passwordHash, role, Number(disabled)],
    );
  }

  return {
    async find(username) {
      const [row] = await database.all<AccountRow>(`SELECT ${ACCOUNT} FROM accounts WHERE username = ?`, [
        username,
      ]);
      return row && accountOf(row);
    },
    async list() {
      const rows = await database.all<AccountRow>(`SELECT ${ACCOUNT} FROM accounts ORDER BY username`);
      return rows.map(accountOf);
    },
    async add(account) {
      await database.transaction(async (transaction) => {
        const { username } = account;
        const [known] = await transaction.all("SELECT 1 FROM accounts WHERE username = ?", [username]);
        if (known !== undefined) throw refusal("account.exists", `There is an account ${username} already`);
        await save(transaction, account);
      });
    },
    async save(account) {
      await database.transaction(async (transaction) => {
        const before = await administrators(transaction);
        await save(transaction, account);
        await demandAdministrator(transaction, before);
      });
    },
    async change(username, change, as) {
      await database.transaction(async (transaction) => {
        const before = await administrators(transaction);
        const [row] = await transaction.all<AccountRow>(
          `SELECT ${ACCOUNT} FROM accounts WHERE username = ?`,
          [username],
        );
        const account = row && accountOf(row);
        if (as && !isSame(account, as)) throw changedAccount(username);
        if (!account) throw unknownAccount(username);
        await save(transaction, { ...account, ...change });
        await demandAdministrator(transaction, before);
      });
    },
    async remove(username) {
      await database.transaction(async (transaction) => {
        const before = await administrators(transaction);
        const removed = await transaction.run("DELETE FROM accounts WHERE username = ?", [username]);
        if (removed === 0) throw unknownAccount(username);
        await demandAdministrator(transaction, before);
      });
    },
    async count() {
      const [row] = await database.all<{ count: number }>("SELECT count(*) AS count FROM accounts");
      return row?.count ?? 0;
    },

    async openSession({ tokenHash, username, address, agent, openedAt, lastUsedAt, expiresAt }, checkedHash) {
      await database.transaction(async ({ all, run }) => {
        const [account] = await all(
          "SELECT 1 FROM accounts WHERE username = ? AND password_hash = ? AND disabled = 0",
          [username, checkedHash],
        );
        if (account === undefined) throw changedAccount(username);
        await run("DELETE FROM sessions WHERE expires_at <= ?", [now()]);
        await run(
          `DELETE FROM sessions WHERE username = ?1 AND token_hash NOT IN
             (SELECT token_hash FROM sessions WHERE username = ?1 ORDER BY opened_at DESC LIMIT ?2)`,
          [username, MOST_SESSIONS - 1],
        );
        await run(
          `INSERT INTO sessions (token_hash, username, address, agent, opened_at, last_used_at, expires_at)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
          [tokenHash, username, address, agent, openedAt, lastUsedAt, expiresAt],
        );
      });
    },
    async session(tokenHash) {
      const [row] = await database.all<StoredSession & { role: string }>(
        `SELECT ${SESSION}, role FROM sessions JOIN accounts USING (username)
         WHERE token_hash = ? AND expires_at > ? AND disabled = 0`,
        [tokenHash, now()],
      );
      return row;
    },
    sessions(username) {
      const whose = username === undefined ? "" : "AND username = ?";
      return database.all<StoredSession>(
        `SELECT ${SESSION} FROM sessions WHERE expires_at > ? ${whose} ORDER BY opened_at DESC`,
        [now(), ...(username === undefined ? [] : [username])],
      );
    },
    async usedSession(tokenHash, address, lastUsedAt, expiresAt) {
      await database.transaction(({ run }) =>
        run("UPDATE sessions SET last_used_at = ?, address = ?, expires_at = ? WHERE token_hash = ?", [
          lastUsedAt,
          address,
          expiresAt,
          tokenHash,
        ]),
      );
    },
    async closeSession(tokenHash) {
      await database.transaction(({ run }) => run("DELETE FROM sessions WHERE token_hash = ?", [tokenHash]));
    },
    async closeSessions(username, except = "") {
      await database.transaction(({ run }) =>
        run("DELETE FROM sessions WHERE username = ? AND token_hash <> ?", [username, except]),
      );
    },
  };
}

/** Those who can log in. */
async function administrators({ all }: Transaction): Promise<number> {
  const [row] = await all<{ count: number }>(
    "SELECT count(*) AS count FROM accounts WHERE role = 'administrator' AND disabled = 0",
  );
  return row?.count ?? 0;
}

async function demandAdministrator(transaction: Transaction, before: number): Promise<void> {
  if (before === 0 || (await administrators(transaction)) > 0) return;
  throw refusal("account.last_administrator", "One administrator who can log in must remain");
}

function accountOf({ disabled, ...row }: AccountRow): StoredAccount {
  return { ...row, disabled: disabled === 1 };
}

function isSame(account: StoredAccount | undefined, as: StoredAccount): boolean {
  const { passwordHash, role, disabled = false } = as;
  return account?.passwordHash === passwordHash && account.role === role && account.disabled === disabled;
}

function changedAccount(username: string): GatewayError {
  return refusal("account.changed", `The account ${username} was changed meanwhile`);
}

function unknownAccount(username: string): GatewayError {
  return refusal("account.unknown", `There is no account ${username}`);
}

function refusal(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
