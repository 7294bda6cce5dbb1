import type { Migration } from "./migration.ts";

/**
 * Orders to speak by their id, with the speakers on which each has ended, and what people did with programmes; kept in the
 * transaction of the events that tell it.
 */
export const programmes: Migration = {
  name: "programmes",
  statements: [
    `CREATE TABLE orders (
      id TEXT PRIMARY KEY,
      seq INTEGER NOT NULL,
      data TEXT NOT NULL,
      is_over INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID`,
    "CREATE INDEX orders_by_seq ON orders (is_over, seq)",
    `CREATE TABLE order_ends (
      id TEXT NOT NULL,
      speaker TEXT NOT NULL,
      PRIMARY KEY (id, speaker)
    ) WITHOUT ROWID`,
    `CREATE TABLE programme_marks (
      programme TEXT NOT NULL,
      local TEXT NOT NULL,
      data TEXT NOT NULL,
      PRIMARY KEY (programme, local)
    ) WITHOUT ROWID`,
  ],
};
