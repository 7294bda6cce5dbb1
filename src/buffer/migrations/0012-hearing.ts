import type { Migration } from "./migration.ts";

/** Speakers that were switched on and not heard, and the records of drills; kept in the transaction of their events. */
export const hearing: Migration = {
  name: "hearing",
  statements: [
    `CREATE TABLE silent_speakers (
      speaker TEXT PRIMARY KEY,
      since TEXT NOT NULL
    ) WITHOUT ROWID`,
    `CREATE TABLE drills (
      id TEXT PRIMARY KEY,
      speaker TEXT NOT NULL,
      seq INTEGER NOT NULL,
      data TEXT NOT NULL
    ) WITHOUT ROWID`,
    "CREATE INDEX drills_of_speaker ON drills (speaker, seq)",
  ],
};
