import type { Migration } from "./migration.ts";

export const foundation: Migration = {
  name: "foundation",
  statements: [
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",

    // `body` is the canonical JSON of the event without its hash: exactly the bytes that `hash` covers. An evicted event
    // keeps its row with an empty body. `class` and `type` repeat the body for the indexes.
    `CREATE TABLE events (
      seq INTEGER PRIMARY KEY,
      hash TEXT NOT NULL,
      class TEXT NOT NULL,
      type TEXT NOT NULL,
      body TEXT
    )`,
    "CREATE INDEX events_by_class ON events (class, seq)",
    "CREATE INDEX events_of_evidence ON events (seq) WHERE type = 'org.cunshao.evidence.added'",

    // One row an acknowledgement: the ranges of an upstream join without a gap from 1.
    `CREATE TABLE deliveries (
      upstream TEXT NOT NULL,
      last_seq INTEGER NOT NULL,
      first_seq INTEGER NOT NULL,
      at TEXT NOT NULL,
      PRIMARY KEY (upstream, last_seq)
    ) WITHOUT ROWID`,
    `CREATE TABLE evidence_deliveries (
      upstream TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      at TEXT NOT NULL,
      PRIMARY KEY (upstream, sha256)
    ) WITHOUT ROWID`,
    "CREATE TABLE cursors (name TEXT PRIMARY KEY, ledger TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID",

    `CREATE TABLE evidence (
      sha256 TEXT PRIMARY KEY,
      media_type TEXT NOT NULL,
      size_bytes INTEGER NOT NULL
    ) WITHOUT ROWID`,

    // Readings are many and small: a number for the sensor and milliseconds for the time keep a row near 20 bytes.
    "CREATE TABLE sensors (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)",
    `CREATE TABLE readings (
      sensor INTEGER NOT NULL REFERENCES sensors (number),
      at_ms INTEGER NOT NULL,
      value REAL,
      quality TEXT NOT NULL,
      PRIMARY KEY (sensor, at_ms)
    ) WITHOUT ROWID`,

    "CREATE TABLE accounts (username TEXT PRIMARY KEY, password_hash TEXT NOT NULL, role TEXT NOT NULL) WITHOUT ROWID",
    `CREATE TABLE sessions (
      token_hash TEXT PRIMARY KEY,
      username TEXT NOT NULL REFERENCES accounts (username) ON DELETE CASCADE,
      expires_at TEXT NOT NULL
    ) WITHOUT ROWID`,
    "CREATE INDEX sessions_by_account ON sessions (username)",
  ],
};
