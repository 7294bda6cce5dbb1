import type { Migration } from "./migration.ts";

/** Who may see: accounts that can be shut, sessions one can tell apart, tokens with scopes, and locks that survive. */
export const access: Migration = {
  name: "access",
  statements: [
    "ALTER TABLE accounts ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sessions ADD COLUMN agent TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sessions ADD COLUMN opened_at TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE sessions ADD COLUMN last_used_at TEXT NOT NULL DEFAULT ''",
    `CREATE TABLE tokens (
      id TEXT PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      token_hash TEXT NOT NULL UNIQUE,
      scopes TEXT NOT NULL,
      made_by TEXT NOT NULL,
      made_at TEXT NOT NULL,
      expires_at TEXT,
      last_used_at TEXT,
      last_address TEXT
    ) WITHOUT ROWID`,
    // `number` tells which came last: the box's clock may have jumped in between.
    `CREATE TABLE locks (
      number INTEGER PRIMARY KEY,
      kind TEXT NOT NULL,
      subject TEXT NOT NULL,
      failures INTEGER NOT NULL,
      at TEXT NOT NULL,
      UNIQUE (kind, subject)
    )`,
    `CREATE TABLE log_in_places (
      number INTEGER PRIMARY KEY,
      username TEXT NOT NULL REFERENCES accounts (username) ON DELETE CASCADE,
      network TEXT NOT NULL,
      at TEXT NOT NULL,
      UNIQUE (username, network)
    )`,
  ],
};
