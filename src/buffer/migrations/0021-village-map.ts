import type { Migration } from "./migration.ts";

/** The map: its picture, the one before, and what was placed on each ground; kept in the transactions of the events that tell it. */
export const villageMap: Migration = {
  name: "village-map",
  statements: [
    `CREATE TABLE village_map (
      part TEXT PRIMARY KEY,
      time TEXT NOT NULL,
      data TEXT NOT NULL
    ) WITHOUT ROWID`,
  ],
};
