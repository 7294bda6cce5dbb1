import type { Migration } from "./migration.ts";

/** Programmes and the duty roster as people wrote them on the page; kept in the transaction of the events that tell it. */
export const writtenOnThePage: Migration = {
  name: "written-on-the-page",
  statements: [
    `CREATE TABLE programmes_written (
      programme TEXT PRIMARY KEY,
      seq INTEGER NOT NULL,
      time TEXT NOT NULL,
      data TEXT NOT NULL
    ) WITHOUT ROWID`,
    `CREATE TABLE duty_written (
      roster TEXT PRIMARY KEY,
      data TEXT NOT NULL
    ) WITHOUT ROWID`,
  ],
};
