import type { Migration } from "./migration.ts";

/** Zones that were drawn on the page and not put back; kept in the transaction of the event that says so. */
export const zoneDrawings: Migration = {
  name: "zone-drawings",
  statements: [
    `CREATE TABLE zone_drawings (
      camera TEXT NOT NULL,
      zone TEXT NOT NULL,
      time TEXT NOT NULL,
      data TEXT NOT NULL,
      PRIMARY KEY (camera, zone)
    ) WITHOUT ROWID`,
  ],
};
