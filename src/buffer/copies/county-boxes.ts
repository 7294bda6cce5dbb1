import type { CountyBatch, CountyDelivery } from "../../core/county.ts";
import type { LedgerEvent } from "../../core/event.ts";
import type { PostgresTransaction } from "../postgres.ts";
import { type EventOfBox, plain } from "./postgres-tables.ts";

/** What alarm events do to an alarm: the column in which their time stands. */
const COLUMNS: Readonly<Record<string, "raised" | "acknowledged" | "cleared">> = {
  "org.cunshao.alarm.raised": "raised",
  "org.cunshao.alarm.acknowledged": "acknowledged",
  "org.cunshao.alarm.cleared": "cleared",
};

/**
 * The end of an alarm may come before its beginning: each of its events fills a place of its own. Times are the county's: a box may
 * have the wrong one.
 */
export async function writeAlarms(
  { all }: PostgresTransaction,
  fresh: readonly EventOfBox[],
  receivedAt: string,
): Promise<void> {
  const alarms = new Map<
    string,
    { box: string; alarm: string; severity: string | null; done: Set<string> }
  >();
  for (const { box, event } of fresh) {
    const column = COLUMNS[event.type];
    if (column === undefined || event.subject === undefined) continue;
    const key = `${box} ${event.subject}`;
    const known = alarms.get(key) ?? { box, alarm: plain(event.subject), severity: null, done: new Set() };
    alarms.set(key, { ...known, severity: known.severity ?? severityIn(event) });
    known.done.add(column);
  }
  if (alarms.size === 0) return;
  const rows = [...alarms.values()];
  const at = (column: string) => rows.map(({ done }) => (done.has(column) ? receivedAt : null));
  await all(
    `INSERT INTO alarms AS a (box, alarm, severity, raised, acknowledged, cleared)
     SELECT * FROM unnest(
       $1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[]) AS u
     ORDER BY 1, 2
     ON CONFLICT (box, alarm) DO UPDATE SET
       severity = coalesce(a.severity, excluded.severity),
       raised = coalesce(a.raised, excluded.raised),
       acknowledged = coalesce(a.acknowledged, excluded.acknowledged),
       cleared = coalesce(a.cleared, excluded.cleared)`,
    [
      rows.map(({ box }) => box),
      rows.map(({ alarm }) => alarm),
      rows.map(({ severity }) => severity),
      at("raised"),
      at("acknowledged"),
      at("cleared"),
    ],
  );
}

function severityIn({ data: { severity } }: LedgerEvent): string | null {
  return typeof severity === "string" ? plain(severity).slice(0, 40) : null;
}

/** A box says how it is with each of its questions: what says nothing new is not written each time. */
const HEARD_EACH = "interval '10 seconds'";

/** When a box was heard and how it is. A ledger that comes back after another one belongs to a second box with the same id. */
export async function writeBoxes(
  { all }: PostgresTransaction,
  deliveries: readonly CountyDelivery[],
  { signs, receivedAt }: CountyBatch,
): Promise<void> {
  const ahead = new Map<string, number>();
  for (const { box, events } of deliveries) {
    const newest = events.findLast(
      ({ clock, time }) => clock === "synced" && !Number.isNaN(Date.parse(time)),
    );
    if (newest) ahead.set(box, (Date.parse(newest.time) - Date.parse(receivedAt)) / 1000);
  }
  const heard = [...new Set(deliveries.map(({ box }) => box))].sort();
  if (heard.length > 0 && signs.length > 0) {
    await lockBoxes({ all }, [...new Set([...heard, ...signs.map(({ box }) => box)])].sort());
  }
  if (heard.length > 0) {
    await all(
      `INSERT INTO boxes AS b (box, heard, ahead_seconds)
       SELECT box, $2::timestamptz, ahead FROM unnest($1::text[], $3::float8[]) AS u (box, ahead) ORDER BY box COLLATE "C"
       ON CONFLICT (box) DO UPDATE SET
         heard = excluded.heard, ahead_seconds = coalesce(excluded.ahead_seconds, b.ahead_seconds)`,
      [heard, receivedAt, heard.map((box) => ahead.get(box) ?? null)],
    );
  }
  if (signs.length === 0) return;
  const said = [...signs].sort((a, b) => (a.box < b.box ? -1 : 1));
  await all(
    `INSERT INTO boxes AS b (box, status, since, heard, version, ledger)
     SELECT box, status, $6::timestamptz, CASE WHEN online AND NOT retained THEN $6::timestamptz END, version, ledger
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[])
       AS u (box, status, version, ledger, retained), LATERAL (SELECT status = 'online' AS online) AS o
     ORDER BY box COLLATE "C"
     ON CONFLICT (box) DO UPDATE SET
       status = excluded.status,
       since = CASE
         WHEN b.status IS NOT DISTINCT FROM excluded.status THEN b.since
         ELSE excluded.since END,
       heard = coalesce(excluded.heard, b.heard),
       version = coalesce(excluded.version, b.version),
       ledger = coalesce(excluded.ledger, b.ledger),
       former_ledger = CASE
         WHEN excluded.ledger IS NULL OR b.ledger IS NULL OR b.ledger = excluded.ledger THEN b.former_ledger
         ELSE b.ledger END,
       twin_at = CASE
         WHEN excluded.ledger = b.former_ledger AND excluded.ledger <> b.ledger THEN $6::timestamptz
         ELSE b.twin_at END
     WHERE b.status IS DISTINCT FROM excluded.status
       OR b.version IS DISTINCT FROM coalesce(excluded.version, b.version)
       OR b.ledger IS DISTINCT FROM coalesce(excluded.ledger, b.ledger)
       OR coalesce(b.heard, '-infinity') < excluded.heard - ${HEARD_EACH}`,
    [
      said.map(({ box }) => box),
      said.map(({ status }) => status),
      said.map(({ version }) => (version === undefined ? null : plain(version))),
      said.map(({ ledger }) => ledger ?? null),
      said.map(({ isRetained }) => String(isRetained)),
      receivedAt,
    ],
  );
}

/** Every reader hears how every box is: two that took the boxes of two statements one after the other would wait in a circle. */
async function lockBoxes({ all }: PostgresTransaction, boxes: readonly string[]): Promise<void> {
  await all("INSERT INTO boxes (box) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", [boxes]);
  await all("SELECT FROM boxes WHERE box = ANY($1) ORDER BY box FOR UPDATE", [boxes]);
}

export async function writeStrangers(
  { all }: PostgresTransaction,
  { strangers, receivedAt }: CountyBatch,
): Promise<void> {
  if (strangers.length === 0) return;
  await all(
    `INSERT INTO strangers (site, heard) SELECT site, $2::timestamptz FROM unnest($1::text[]) AS u (site) ORDER BY site
     ON CONFLICT (site) DO UPDATE SET heard = excluded.heard`,
    [[...strangers], receivedAt],
  );
}
