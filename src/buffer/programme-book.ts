import type { BroadcastSource } from "../core/broadcast.ts";
import type { LedgerEvent } from "../core/event.ts";
import type { ProgrammeBook, ProgrammeView } from "../core/programme.ts";
import { isoTime } from "../core/time.ts";
import type { Projection } from "./ledger.ts";
import type { Database, Transaction } from "./sql.ts";

/** Times that were left out so long ago are forgotten. */
const KEPT_MS = 30 * 86_400_000;

/** `local` of a pause, which has no time. */
const ALWAYS = "";

async function apply({ run }: Transaction, events: readonly LedgerEvent[]): Promise<void> {
  for (const { type, subject, time, data } of events) {
    if (subject === undefined || !type.startsWith("org.cunshao.programme.")) continue;
    const local = typeof data["time"] === "string" ? data["time"] : ALWAYS;
    if (type.endsWith(".skipped") || type.endsWith(".paused")) {
      await run("INSERT OR REPLACE INTO programme_marks (programme, local, data) VALUES (?, ?, ?)", [
        subject,
        local,
        JSON.stringify({ ...data, since: time }),
      ]);
      const longAgo = isoTime(Date.parse(time) - KEPT_MS).slice(0, 16);
      await run("DELETE FROM programme_marks WHERE local <> '' AND local < ?", [longAgo]);
    } else if (type.endsWith(".unskipped") || type.endsWith(".resumed")) {
      await run("DELETE FROM programme_marks WHERE programme = ? AND local = ?", [subject, local]);
    }
  }
}

function toPause(data: string): NonNullable<ProgrammeView["paused"]> {
  const { by, reason, since } = JSON.parse(data) as {
    by: BroadcastSource;
    reason: string;
    since: string;
  };
  return { by, reason, since };
}

/** What people did with programmes; the ledger keeps it by `projection`. */
export function createProgrammeBook(database: Database): {
  readonly book: ProgrammeBook;
  readonly projection: Projection;
} {
  return {
    book: {
      async marks() {
        const rows = await database.all<{ programme: string; local: string; data: string }>(
          "SELECT programme, local, data FROM programme_marks",
        );
        return {
          paused: new Map(
            rows.flatMap(({ programme, local, data }) =>
              local === ALWAYS ? [[programme, toPause(data)]] : [],
            ),
          ),
          skipped: new Set(
            rows.flatMap(({ programme, local }) => (local === ALWAYS ? [] : [`${programme}@${local}`])),
          ),
        };
      },
    },
    projection: {
      concerns: ({ type }) => type.startsWith("org.cunshao.programme."),
      apply,
    },
  };
}
