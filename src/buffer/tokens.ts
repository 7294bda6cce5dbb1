import { PERMISSIONS, type Permission } from "../core/access.ts";
import type { StoredToken, TokenStore } from "../core/accounts.ts";
import { GatewayError } from "../core/errors.ts";
import type { Database } from "./sql.ts";

const MOST_TOKENS = 200;

const TOKEN = `id, name, token_hash AS tokenHash, scopes, made_by AS madeBy, made_at AS madeAt,
  expires_at AS expiresAt, last_used_at AS lastUsedAt, last_address AS lastAddress`;

type Row = { readonly [Key in keyof StoredToken]-?: string | null };

export function createTokens(database: Database): TokenStore {
  return {
    async list() {
      const rows = await database.all<Row>(`SELECT ${TOKEN} FROM tokens ORDER BY name`);
      return rows.map(tokenOf);
    },
    async find(tokenHash) {
      const [row] = await database.all<Row>(`SELECT ${TOKEN} FROM tokens WHERE token_hash = ?`, [tokenHash]);
      return row && tokenOf(row);
    },
    async add({ id, name, tokenHash, scopes, madeBy, madeAt, expiresAt }) {
      await database.transaction(async ({ all, run }) => {
        const [known] = await all("SELECT 1 FROM tokens WHERE name = ?", [name]);
        if (known !== undefined) throw refusal("token.exists", `There is a token ${name} already`);
        const [row] = await all<{ count: number }>("SELECT count(*) AS count FROM tokens");
        if ((row?.count ?? 0) >= MOST_TOKENS) throw refusal("token.too_many", "Revoke old tokens first");
        await run(
          `INSERT INTO tokens (id, name, token_hash, scopes, made_by, made_at, expires_at)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
          [id, name, tokenHash, scopes.join(" "), madeBy, madeAt, expiresAt ?? null],
        );
      });
    },
    async used(id, address, lastUsedAt) {
      await database.transaction(({ run }) =>
        run("UPDATE tokens SET last_used_at = ?, last_address = ? WHERE id = ?", [lastUsedAt, address, id]),
      );
    },
    async remove(id) {
      return (await database.transaction(({ run }) => run("DELETE FROM tokens WHERE id = ?", [id]))) > 0;
    },
  };
}

function tokenOf(row: Row): StoredToken {
  const named = (row.scopes ?? "").split(" ");
  return {
    id: row.id ?? "",
    name: row.name ?? "",
    tokenHash: row.tokenHash ?? "",
    // A scope that this version does not know allows nothing.
    scopes: PERMISSIONS.filter((permission: Permission) => named.includes(permission)),
    madeBy: row.madeBy ?? "",
    madeAt: row.madeAt ?? "",
    expiresAt: row.expiresAt ?? undefined,
    lastUsedAt: row.lastUsedAt ?? undefined,
    lastAddress: row.lastAddress ?? undefined,
  };
}

function refusal(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
