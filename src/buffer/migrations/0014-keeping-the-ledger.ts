import type { Migration } from "./migration.ts";

/** What the box needs to keep its ledger over a damaged card, a wrong clock and a full disk. */
export const keepingTheLedger: Migration = {
  name: "keeping-the-ledger",
  statements: [
    // Deliveries of a former ledger whose database was damaged: their places lie before the first event of this one.
    `CREATE TABLE former_deliveries (
      upstream TEXT NOT NULL,
      class TEXT NOT NULL,
      last_seq INTEGER NOT NULL,
      first_seq INTEGER NOT NULL,
      at TEXT NOT NULL,
      PRIMARY KEY (upstream, class, last_seq)
    ) WITHOUT ROWID`,

    // From which event on a boot's wall clock ran how: `began_ms` is the wall time that it gave the beginning of the boot.
    `CREATE TABLE clock_spans (
      from_seq INTEGER NOT NULL,
      boot TEXT NOT NULL,
      began_ms INTEGER NOT NULL,
      clock TEXT NOT NULL,
      PRIMARY KEY (boot, from_seq)
    ) WITHOUT ROWID`,
    // Kept from the ledger's events `org.cunshao.clock.corrected`.
    `CREATE TABLE clock_corrections (
      seq INTEGER PRIMARY KEY,
      boot TEXT NOT NULL,
      first_seq INTEGER NOT NULL,
      last_seq INTEGER NOT NULL,
      offset_ms INTEGER NOT NULL,
      source TEXT NOT NULL
    )`,
    "CREATE INDEX clock_corrections_by_range ON clock_corrections (last_seq)",
  ],
};
