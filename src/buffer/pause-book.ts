import type { LedgerEvent } from "../core/event.ts";
import type { Pause, PauseBook, PauseTarget } from "../core/pause.ts";
import type { Projection } from "./ledger.ts";
import { isSource } from "./source-data.ts";
import type { Database, Transaction } from "./sql.ts";

interface PauseRow {
  readonly id: string;
  readonly data: string;
  readonly withheld: number;
}

async function apply({ run }: Transaction, events: readonly LedgerEvent[]): Promise<void> {
  for (const { type, subject, seq, data } of events) {
    if (subject === undefined) continue;
    if (type === "org.cunshao.pause.started") {
      await run("INSERT OR IGNORE INTO pauses (id, seq, data) VALUES (?, ?, ?)", [
        subject,
        seq,
        JSON.stringify(data),
      ]);
    } else if (type === "org.cunshao.pause.withheld") {
      await run("UPDATE pauses SET withheld = withheld + 1 WHERE id = ?", [subject]);
    } else if (type === "org.cunshao.pause.ended") {
      await run("DELETE FROM pauses WHERE id = ?", [subject]);
    }
  }
}

/** A row that is not what it should be pauses nothing: fail towards being armed. */
function toPause({ id, data, withheld }: PauseRow): Pause[] {
  const { rule, camera, zone, from, seconds, clock, by, reason } = JSON.parse(data) as Record<
    string,
    unknown
  >;
  const target = targetOf(rule, camera, zone);
  const fromMs = typeof from === "string" ? Date.parse(from) : Number.NaN;
  if (!target || Number.isNaN(fromMs) || typeof seconds !== "number" || !isSource(by)) return [];
  return [
    {
      id,
      target,
      fromMs,
      durationMs: seconds * 1000,
      clock: clock === "synced" ? "synced" : "unsynced",
      by,
      reason: typeof reason === "string" ? reason : "",
      withheld,
    },
  ];
}

function targetOf(rule: unknown, camera: unknown, zone: unknown): PauseTarget | undefined {
  if (typeof rule === "string") return { kind: "rule", rule };
  if (typeof camera === "string" && typeof zone === "string") return { kind: "zone", camera, zone };
  return undefined;
}

/** Pauses that stand; the ledger keeps them by `projection`. */
export function createPauseBook(database: Database): {
  readonly book: PauseBook;
  readonly projection: Projection;
} {
  return {
    book: {
      async open() {
        const rows = await database.all<PauseRow>("SELECT id, data, withheld FROM pauses ORDER BY seq");
        return rows.flatMap(toPause);
      },
    },
    projection: {
      concerns: ({ type }) => type.startsWith("org.cunshao.pause."),
      apply,
    },
  };
}
