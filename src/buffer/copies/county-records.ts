import type { BoxRecord, CountyLedger, CountyStore } from "../../core/county.ts";
import type { LedgerAccount } from "../../core/pulled-copy.ts";
import type { SeqRange } from "../../core/seq-ranges.ts";
import type { Postgres } from "../postgres.ts";

interface BoxRow {
  readonly box: string;
  readonly status: "online" | "offline" | null;
  readonly since: Date | null;
  readonly heard: Date | null;
  readonly version: string | null;
  readonly twinAt: Date | null;
  readonly aheadSeconds: number | null;
}

/** All at one moment: figures of a batch that is half counted would contradict each other. */
export function readBoxes(database: Postgres): Promise<readonly BoxRecord[]> {
  return database.transaction(async ({ all }) => {
    await all("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const boxes = await all<BoxRow>(
      `SELECT box, status, since, heard, version, twin_at AS "twinAt", ahead_seconds AS "aheadSeconds" FROM boxes ORDER BY box`,
    );
    const ledgers = grouped(
      await all<{ box: string; ledger: string; account: string; have: readonly SeqRange[]; head: number }>(
        "SELECT box, ledger, account, have, head FROM ledgers ORDER BY number",
      ),
    );
    const alarms = grouped(
      await all<{ box: string; severity: string | null; count: number; oldest: Date }>(
        `SELECT box, severity, count(*) AS count, min(raised) AS oldest FROM alarms
         WHERE raised IS NOT NULL AND cleared IS NULL GROUP BY box, severity`,
      ),
    );
    const aside = grouped(
      await all<{ box: string; odd: number; clashes: number }>(
        `SELECT box, count(*) FILTER (WHERE reason = 'form') AS odd, count(*) FILTER (WHERE reason = 'clash') AS clashes
         FROM set_aside GROUP BY box`,
      ),
    );
    return boxes.map(({ box, status, since, heard, version, twinAt, aheadSeconds }) => ({
      box,
      status: status ?? undefined,
      since: since?.toISOString(),
      heardAt: heard?.toISOString(),
      version: version ?? undefined,
      twinAt: twinAt?.toISOString(),
      aheadSeconds: aheadSeconds ?? undefined,
      ledgers: (ledgers.get(box) ?? []).map(
        ({ account, ...rest }): CountyLedger => ({ ...rest, account: JSON.parse(account) as LedgerAccount }),
      ),
      alarms: (alarms.get(box) ?? []).map(({ severity, count, oldest }) => ({
        severity: severity ?? "",
        count,
        oldestAt: oldest.toISOString(),
      })),
      odd: aside.get(box)?.[0]?.odd ?? 0,
      clashes: aside.get(box)?.[0]?.clashes ?? 0,
    }));
  });
}

export async function readStrangers(database: Postgres): ReturnType<CountyStore["strangers"]> {
  const rows = await database.all<{ site: string; heard: Date }>(
    "SELECT site, heard FROM strangers ORDER BY heard DESC LIMIT 1000",
  );
  return rows.map(({ site, heard }) => ({ site, heardAt: heard.toISOString() }));
}

function grouped<Row extends { readonly box: string }>(rows: readonly Row[]): ReadonlyMap<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const group = groups.get(row.box);
    if (group) group.push(row);
    else groups.set(row.box, [row]);
  }
  return groups;
}
