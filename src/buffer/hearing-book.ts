import type { DrillBook, DrillRecord } from "../core/drill.ts";
import type { LedgerEvent } from "../core/event.ts";
import type { HearingBook } from "../core/hearing.ts";
import type { Projection } from "./ledger.ts";
import type { Database, Transaction } from "./sql.ts";

async function apply({ run }: Transaction, events: readonly LedgerEvent[]): Promise<void> {
  for (const { type, subject, seq, time, data } of events) {
    if (subject === undefined) continue;
    if (type === "org.cunshao.speaker.silent.raised") {
      await run("INSERT OR IGNORE INTO silent_speakers (speaker, since) VALUES (?, ?)", [subject, time]);
    } else if (type === "org.cunshao.speaker.silent.cleared") {
      await run("DELETE FROM silent_speakers WHERE speaker = ?", [subject]);
    } else if (type === "org.cunshao.drill.finished" && typeof data["speaker"] === "string") {
      await run("INSERT OR IGNORE INTO drills (id, speaker, seq, data) VALUES (?, ?, ?, ?)", [
        subject,
        data["speaker"],
        seq,
        JSON.stringify(data),
      ]);
    }
  }
}

/** What is known of speakers beyond one run; the ledger keeps it by `projection`. */
export function createHearingBook(database: Database): {
  readonly book: HearingBook & DrillBook;
  readonly projection: Projection;
} {
  return {
    book: {
      async silent() {
        const rows = await database.all<{ speaker: string; since: string }>(
          "SELECT speaker, since FROM silent_speakers ORDER BY since",
        );
        return rows.map(({ speaker, since }) => ({ speaker, sinceMs: Date.parse(since) }));
      },
      async drills(speaker, limit) {
        const rows = await database.all<{ data: string }>(
          "SELECT data FROM drills WHERE speaker = ? ORDER BY seq DESC LIMIT ?",
          [speaker, limit],
        );
        return rows.map(({ data }) => JSON.parse(data) as DrillRecord);
      },
    },
    projection: {
      concerns: ({ type }) =>
        type.startsWith("org.cunshao.speaker.") || type.startsWith("org.cunshao.drill."),
      apply,
    },
  };
}
