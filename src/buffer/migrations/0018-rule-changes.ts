import type { Migration } from "./migration.ts";

/** The last change of each rule on the page, put back or not; kept in the transaction of the event that says so. */
export const ruleChanges: Migration = {
  name: "rule-changes",
  statements: [
    `CREATE TABLE rule_changes (
      rule TEXT NOT NULL PRIMARY KEY,
      seq INTEGER NOT NULL,
      time TEXT NOT NULL,
      data TEXT NOT NULL
    ) WITHOUT ROWID`,
  ],
};
