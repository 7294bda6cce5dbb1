import type { LedgerEvent } from "../core/event.ts";
import type { CrossingBook, RecordedCrossing } from "../core/movement.ts";
import type { Projection } from "./ledger.ts";
import type { Database, Transaction } from "./sql.ts";

interface CrossingRow {
  readonly seq: number;
  readonly atMs: number;
  readonly unsynced: number;
  readonly camera: string;
  readonly line: string;
  readonly ins: number;
  readonly outs: number;
  readonly snapshot: string | null;
}

function toCrossing({ atMs, unsynced, ins, outs, snapshot, ...rest }: CrossingRow): RecordedCrossing {
  return {
    ...rest,
    at: new Date(atMs).toISOString(),
    clock: unsynced === 1 ? "unsynced" : "synced",
    in: ins,
    out: outs,
    ...(snapshot === null ? {} : { snapshot }),
  };
}

/** Entries of an event, as far as they are what they should be. */
function entryOf({ type, subject, data, time }: LedgerEvent) {
  const { camera, snapshot } = data;
  const at = data["at"] ?? data["to"];
  if (subject === undefined || typeof camera !== "string") return undefined;
  const counts = countsOf(type, data);
  if (!counts) return undefined;
  const parsed = typeof at === "string" ? Date.parse(at) : Number.NaN;
  return {
    atMs: Number.isNaN(parsed) ? Date.parse(time) : parsed,
    camera,
    line: subject,
    snapshot: typeof snapshot === "string" ? snapshot : null,
    ...counts,
  };
}

function countsOf(type: string, data: LedgerEvent["data"]): { ins: number; outs: number } | undefined {
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
  if (type === "org.cunshao.line.counted") {
    const { in: ins, out: outs } = data;
    return isCount(ins) && isCount(outs) ? { ins, outs } : undefined;
  }
  if (type !== "org.cunshao.line.crossed") return undefined;
  return data["direction"] === "in" ? { ins: 1, outs: 0 } : { ins: 0, outs: 1 };
}

async function apply({ run }: Transaction, events: readonly LedgerEvent[]): Promise<void> {
  for (const event of events) {
    const entry = entryOf(event);
    if (!entry) continue;
    const { atMs, camera, line, ins, outs, snapshot } = entry;
    const unsynced = event.clock === "unsynced" ? 1 : 0;
    await run(
      `INSERT OR IGNORE INTO crossings (seq, at_ms, unsynced, camera, line, ins, outs, snapshot)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      [event.seq, atMs, unsynced, camera, line, ins, outs, snapshot],
    );
  }
}

/** Who went over the lines; the ledger keeps it by `projection`. */
export function createCrossingBook(database: Database): {
  readonly book: CrossingBook;
  readonly projection: Projection;
} {
  const book: CrossingBook = {
    async between(fromMs, toMs, limit, line) {
      const rows = await database.all<CrossingRow>(
        `SELECT seq, at_ms AS atMs, unsynced, camera, line, ins, outs, snapshot FROM crossings
         WHERE at_ms >= ?1 AND at_ms < ?2 AND (?3 IS NULL OR line = ?3)
         ORDER BY at_ms DESC, seq DESC LIMIT ?4`,
        [fromMs, toMs, line ?? null, limit],
      );
      return rows.map(toCrossing);
    },
    counts: (fromMs, toMs) =>
      database.all(
        `SELECT line, sum(ins) AS "in", sum(outs) AS "out" FROM crossings
         WHERE at_ms >= ? AND at_ms < ? GROUP BY line`,
        [fromMs, toMs],
      ),
  };
  return {
    book,
    projection: {
      concerns: ({ type }) => type.startsWith("org.cunshao.line."),
      apply,
    },
  };
}
