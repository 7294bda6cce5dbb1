import type { Migration } from "./migration.ts";

/** Recordings for the horns, kept in the transaction of the event that says so; their files stand in `clips/`. */
export const clips: Migration = {
  name: "clips",
  statements: [
    `CREATE TABLE clips (
      id TEXT PRIMARY KEY,
      seq INTEGER NOT NULL,
      time TEXT NOT NULL,
      data TEXT NOT NULL,
      name TEXT NOT NULL,
      replaces TEXT,
      removed TEXT
    ) WITHOUT ROWID`,
  ],
};
