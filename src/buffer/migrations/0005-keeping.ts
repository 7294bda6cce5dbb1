import type { Migration } from "./migration.ts";

/** What evidence needs to be let go when it is old. */
export const keeping: Migration = {
  name: "keeping",
  statements: [
    // When a right clock first saw the file; NULL until then, so that a wrong clock makes nothing old.
    "ALTER TABLE evidence ADD COLUMN since_ms INTEGER",
    "CREATE INDEX evidence_by_age ON evidence (since_ms)",
    `CREATE INDEX events_by_evidence ON events (body ->> '$.data.sha256')
       WHERE type = 'org.cunshao.evidence.added'`,
    "CREATE INDEX crossings_by_picture ON crossings (snapshot) WHERE snapshot IS NOT NULL",
  ],
};
