import type { Migration } from "./migration.ts";

/** Which copy uses a cursor, and the commands from above, kept in the transaction of their events. */
export const pullersAndCommands: Migration = {
  name: "pullers-and-commands",
  statements: [
    "ALTER TABLE cursors ADD COLUMN holder TEXT",
    "ALTER TABLE cursors ADD COLUMN at TEXT",
    "ALTER TABLE cursors ADD COLUMN keep_days INTEGER",

    // `digest` names the content, so that an id that comes again with another one is seen.
    `CREATE TABLE commands (
      id TEXT PRIMARY KEY,
      seq INTEGER NOT NULL,
      digest TEXT NOT NULL,
      kind TEXT NOT NULL,
      status TEXT NOT NULL,
      reason TEXT,
      result TEXT,
      expires_ms INTEGER NOT NULL
    ) WITHOUT ROWID`,
    "CREATE INDEX commands_by_seq ON commands (seq)",
  ],
};
