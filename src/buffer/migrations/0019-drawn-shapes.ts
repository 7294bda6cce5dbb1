import type { Migration } from "./migration.ts";

/** Zones, lines and masks as they were drawn on the page, in one table; kept in the transaction of the event that says so. */
export const drawnShapes: Migration = {
  name: "drawn-shapes",
  statements: [
    `CREATE TABLE drawn_shapes (
      kind TEXT NOT NULL,
      camera TEXT NOT NULL,
      id TEXT NOT NULL,
      time TEXT NOT NULL,
      data TEXT NOT NULL,
      PRIMARY KEY (kind, camera, id)
    ) WITHOUT ROWID`,
    `INSERT INTO drawn_shapes (kind, camera, id, time, data)
      SELECT 'zone', camera, zone, time, data FROM zone_drawings`,
    "DROP TABLE zone_drawings",
  ],
};
