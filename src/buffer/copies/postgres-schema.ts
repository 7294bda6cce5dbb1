import type { Migration } from "../migrations/migration.ts";

/** The schema in PostgreSQL, for whoever asks it with SQL: that of `pulled.sqlite`, and what a county keeps beside it. */
export const POSTGRES_MIGRATIONS: readonly Migration[] = [
  {
    name: "pulled",
    statements: [
      // `event` is the whole CloudEvent as text: jsonb takes no \\u0000, and a chain is over what was written.
      `CREATE TABLE events (
        box TEXT COLLATE "C" NOT NULL,
        ledger TEXT COLLATE "C" NOT NULL,
        seq BIGINT NOT NULL,
        class TEXT NOT NULL,
        type TEXT NOT NULL,
        subject TEXT,
        time TEXT NOT NULL,
        received TIMESTAMPTZ NOT NULL DEFAULT now(),
        event TEXT NOT NULL,
        PRIMARY KEY (box, ledger, seq)
      )`,
      `CREATE INDEX alarm_events ON events (box, ledger, seq) WHERE class = 'alarm'`,
      "CREATE INDEX events_by_arrival ON events USING brin (received)",
      `CREATE TABLE ledgers (
        number BIGSERIAL PRIMARY KEY,
        box TEXT COLLATE "C" NOT NULL,
        ledger TEXT COLLATE "C" NOT NULL,
        account TEXT NOT NULL,
        UNIQUE (box, ledger)
      )`,
      `CREATE TABLE files (
        box TEXT COLLATE "C" NOT NULL,
        ledger TEXT COLLATE "C" NOT NULL,
        seq BIGINT NOT NULL,
        id TEXT NOT NULL,
        result TEXT,
        PRIMARY KEY (box, ledger, seq)
      )`,
      "CREATE INDEX files_to_fetch ON files (box, ledger, seq) WHERE result IS NULL",
      "CREATE INDEX files_here ON files (box, ledger, seq) WHERE result = 'stored'",
    ],
  },
  {
    name: "county",
    statements: [
      // Which numbers are here or never come, and the highest that the box is known to have.
      `ALTER TABLE ledgers
         ADD COLUMN have JSONB NOT NULL DEFAULT '[]',
         ADD COLUMN head BIGINT NOT NULL DEFAULT 0`,
      `CREATE TABLE boxes (
        box TEXT COLLATE "C" PRIMARY KEY,
        status TEXT,
        since TIMESTAMPTZ,
        heard TIMESTAMPTZ,
        version TEXT,
        ledger TEXT,
        -- The one before; when it comes back, two boxes have one id.
        former_ledger TEXT,
        twin_at TIMESTAMPTZ,
        -- How far the clock of the last event was ahead of the county's; negative where it lagged or waited.
        ahead_seconds DOUBLE PRECISION
      )`,
      `CREATE TABLE alarms (
        box TEXT COLLATE "C" NOT NULL,
        alarm TEXT NOT NULL,
        severity TEXT,
        raised TIMESTAMPTZ,
        acknowledged TIMESTAMPTZ,
        cleared TIMESTAMPTZ,
        PRIMARY KEY (box, alarm)
      )`,
      "CREATE INDEX open_alarms ON alarms (box) WHERE raised IS NOT NULL AND cleared IS NULL",
      // What is kept as it came, because it is no event or has the number of another one.
      `CREATE TABLE set_aside (
        number BIGSERIAL PRIMARY KEY,
        box TEXT COLLATE "C" NOT NULL,
        ledger TEXT COLLATE "C" NOT NULL,
        seq BIGINT NOT NULL,
        reason TEXT NOT NULL,
        sum TEXT NOT NULL,
        payload TEXT NOT NULL,
        received TIMESTAMPTZ NOT NULL,
        UNIQUE (box, ledger, seq, sum)
      )`,
      // Who publishes and stands in no township.
      `CREATE TABLE strangers (site TEXT COLLATE "C" PRIMARY KEY, heard TIMESTAMPTZ NOT NULL)`,
    ],
  },
];
