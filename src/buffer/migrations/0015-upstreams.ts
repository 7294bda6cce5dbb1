import type { Migration } from "./migration.ts";

const CLASSES = "(SELECT 'alarm' AS class UNION ALL SELECT 'state' UNION ALL SELECT 'audit')";

/** A cursor for each class of each upstream. `deliveries` goes on to tell up to where an upstream is done with everything. */
export const upstreams: Migration = {
  name: "upstreams",
  statements: [
    // What an upstream is done with, joined: few rows, replaced as they grow.
    `CREATE TABLE delivered_lanes (
      upstream TEXT NOT NULL,
      class TEXT NOT NULL,
      first_seq INTEGER NOT NULL,
      last_seq INTEGER NOT NULL,
      PRIMARY KEY (upstream, class, first_seq)
    ) WITHOUT ROWID`,
    `INSERT INTO delivered_lanes SELECT upstream, classes.class, 1, max(last_seq) FROM deliveries, ${CLASSES} AS classes
     GROUP BY upstream, classes.class`,

    // One row an acknowledgement of a class, with its time; no two rows of a lane overlap.
    `CREATE TABLE lane_deliveries (
      upstream TEXT NOT NULL,
      class TEXT NOT NULL,
      last_seq INTEGER NOT NULL,
      first_seq INTEGER NOT NULL,
      at TEXT NOT NULL,
      PRIMARY KEY (upstream, class, last_seq)
    ) WITHOUT ROWID`,
    `INSERT INTO lane_deliveries SELECT upstream, classes.class, last_seq, first_seq, at
     FROM deliveries, ${CLASSES} AS classes`,

    `CREATE TABLE upstream_words (
      upstream TEXT PRIMARY KEY,
      stored INTEGER NOT NULL,
      heard_at TEXT NOT NULL
    ) WITHOUT ROWID`,
    "INSERT INTO upstream_words SELECT upstream, max(last_seq), max(at) FROM deliveries GROUP BY upstream",

    `CREATE TABLE dead_letters (
      upstream TEXT NOT NULL,
      seq INTEGER NOT NULL,
      class TEXT NOT NULL,
      code TEXT NOT NULL,
      said TEXT,
      at TEXT NOT NULL,
      PRIMARY KEY (upstream, seq)
    ) WITHOUT ROWID`,

    "CREATE INDEX events_evicted ON events (seq) WHERE body IS NULL",
  ],
};
