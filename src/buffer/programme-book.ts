import type { BroadcastSource } from "../core/broadcast.ts";
import type { LedgerEvent } from "../core/event.ts";
import type { Programme, ProgrammeBook, ProgrammeView, WrittenProgramme } from "../core/programme.ts";
import { isoTime } from "../core/time.ts";
import type { Projection } from "./ledger.ts";
import { isSource } from "./source-data.ts";
import type { Database, Transaction } from "./sql.ts";

/** Times that were left out so long ago are forgotten. */
const KEPT_MS = 30 * 86_400_000;

interface WrittenRow {
  readonly programme: string;
  readonly seq: number;
  readonly time: string;
  readonly data: string;
}

/** `local` of a pause, which has no time. */
const ALWAYS = "";

async function apply({ run }: Transaction, events: readonly LedgerEvent[]): Promise<void> {
  for (const { type, subject, seq, time, data } of events) {
    if (subject === undefined || !type.startsWith("org.cunshao.programme.")) continue;
    if (type.endsWith(".written") || type.endsWith(".taken_out")) {
      await run(
        "INSERT OR REPLACE INTO programmes_written (programme, seq, time, data) VALUES (?, ?, ?, ?)",
        [subject, seq, time, JSON.stringify({ as: data["as"], by: data["by"] })],
      );
      continue;
    }
    if (type.endsWith(".restored")) {
      await run("DELETE FROM programmes_written WHERE programme = ?", [subject]);
      continue;
    }
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

/** A row that is not what it should be is left out: what is configured holds. */
function toWritten({ programme: id, seq: version, time: at, data }: WrittenRow): WrittenProgramme[] {
  const { as, by } = JSON.parse(data) as { readonly as?: unknown; readonly by?: unknown };
  if (!isSource(by) || (as !== undefined && !isProgramme(as))) return [];
  return [{ id, programme: as, by, at, version }];
}

function isProgramme(value: unknown): value is Programme {
  const { id, name, days, minutes, content, speakers, repeat, volume } = (value ?? {}) as Partial<
    Record<keyof Programme, unknown>
  >;
  const { kind } = (content ?? {}) as { readonly kind?: unknown };
  return (
    [id, name].every((each) => typeof each === "string") &&
    [days, minutes, speakers].every(Array.isArray) &&
    [repeat, volume].every((each) => typeof each === "number") &&
    (kind === "text" || kind === "clip")
  );
}

/** What people wrote of programmes and did with them; the ledger keeps it by `projection`. */
export function createProgrammeBook(database: Database): {
  readonly book: ProgrammeBook;
  readonly projection: Projection;
} {
  return {
    book: {
      async written() {
        const rows = await database.all<WrittenRow>(
          "SELECT programme, seq, time, data FROM programmes_written ORDER BY seq",
        );
        return rows.flatMap(toWritten);
      },
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
