import type { Migration } from "./migration.ts";

/** Pauses that nothing ended yet, with the event that began each; kept in the transaction of that event. */
export const pauses: Migration = {
  name: "pauses",
  statements: [
    `CREATE TABLE pauses (
      id TEXT PRIMARY KEY,
      seq INTEGER NOT NULL,
      data TEXT NOT NULL,
      withheld INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID`,
  ],
};
