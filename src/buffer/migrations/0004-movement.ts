import type { Migration } from "./migration.ts";

/** The timeline of movement, and who went over the lines. */
export const movement: Migration = {
  name: "movement",
  statements: [
    "CREATE TABLE movement_cameras (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE)",
    `CREATE TABLE movement_zones (
      number INTEGER PRIMARY KEY,
      camera INTEGER NOT NULL REFERENCES movement_cameras (number),
      id TEXT NOT NULL,
      UNIQUE (camera, id)
    )`,
    // About 37 bytes a row. The 144 cells stand in three numbers, each of three rows of the picture (48 bits), so that
    // SQL can mask them. `zones` has their numbers between spaces, `path` its first cell * 144 + its last. `n` parts
    // spans that begin in the same millisecond, as after the clock was set back.
    `CREATE TABLE movement (
      camera INTEGER NOT NULL REFERENCES movement_cameras (number),
      start_ms INTEGER NOT NULL,
      n INTEGER NOT NULL,
      duration_ms INTEGER NOT NULL,
      top INTEGER NOT NULL,
      middle INTEGER NOT NULL,
      bottom INTEGER NOT NULL,
      zones TEXT NOT NULL,
      path INTEGER,
      unsynced INTEGER NOT NULL,
      PRIMARY KEY (camera, start_ms, n)
    ) WITHOUT ROWID`,

    // Kept from the ledger's events `org.cunshao.line.crossed` and `.counted`.
    `CREATE TABLE crossings (
      seq INTEGER PRIMARY KEY,
      at_ms INTEGER NOT NULL,
      unsynced INTEGER NOT NULL,
      camera TEXT NOT NULL,
      line TEXT NOT NULL,
      ins INTEGER NOT NULL,
      outs INTEGER NOT NULL,
      snapshot TEXT
    )`,
    "CREATE INDEX crossings_by_time ON crossings (at_ms)",
  ],
};
