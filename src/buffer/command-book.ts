import type { BroadcastSource } from "../core/broadcast.ts";
import { COMMAND_KINDS, type CommandBook, type CommandKind, type CommandStatus } from "../core/command.ts";
import type { LedgerEvent } from "../core/event.ts";
import type { Projection } from "./ledger.ts";
import type { Database, Transaction } from "./sql.ts";

/** Commands end within a week; so many are remembered at least. */
const MOST_KEPT = 10_000;

interface CommandRow {
  readonly id: string;
  readonly seq: number;
  readonly digest: string;
  readonly kind: string;
  readonly status: CommandStatus;
  readonly reason: string | null;
  readonly result: string | null;
  readonly expires_ms: number;
}

async function apply({ run }: Transaction, events: readonly LedgerEvent[]): Promise<void> {
  for (const { type, subject, seq, data } of events) {
    if (subject === undefined) continue;
    const { kind, digest, expires, reason, result } = data;
    if (type === "org.cunshao.command.accepted") {
      if (typeof kind !== "string" || typeof digest !== "string" || typeof expires !== "string") continue;
      await run(
        `INSERT OR IGNORE INTO commands (id, seq, digest, kind, status, expires_ms)
         VALUES (?, ?, ?, ?, 'accepted', ?)`,
        [subject, seq, digest, kind, Date.parse(expires) || 0],
      );
      await run(
        `DELETE FROM commands WHERE status <> 'accepted'
         AND seq <= (SELECT seq FROM commands ORDER BY seq DESC LIMIT 1 OFFSET ${MOST_KEPT})`,
        [],
      );
    } else if (type === "org.cunshao.command.done") {
      await run("UPDATE commands SET status = 'done', result = ? WHERE id = ?", [
        JSON.stringify(result ?? {}),
        subject,
      ]);
    } else if (type === "org.cunshao.command.failed") {
      await run("UPDATE commands SET status = 'failed', reason = ? WHERE id = ?", [
        typeof reason === "string" ? reason : "unknown",
        subject,
      ]);
    }
  }
}

function isKind(kind: string): kind is CommandKind {
  return (COMMAND_KINDS as readonly string[]).includes(kind);
}

function toCommand({ id, digest, kind, status, reason, result, expires_ms: expiresMs }: CommandRow) {
  // A kind of a later version: what it was is known to nobody here, that it was is.
  const known: CommandKind = isKind(kind) ? kind : "time";
  return {
    id,
    digest,
    kind: known,
    status,
    expiresMs,
    ...(reason !== null && { reason }),
    ...(result !== null && { result: JSON.parse(result) as Record<string, unknown> }),
  };
}

/** Only the township orders from afar. */
function sourceOf(by: unknown): BroadcastSource {
  const isNamed = typeof by === "object" && by !== null && "name" in by && typeof by.name === "string";
  return { kind: "township", name: isNamed ? String(by.name) : "township" };
}

/** Commands from above; the ledger keeps them by `projection`. */
export function createCommandBook(database: Database): {
  readonly book: CommandBook;
  readonly projection: Projection;
} {
  return {
    book: {
      async find(id) {
        const [row] = await database.all<CommandRow>("SELECT * FROM commands WHERE id = ?", [id]);
        return row && toCommand(row);
      },
      async open() {
        const rows = await database.all<CommandRow & { body: string | null }>(
          `SELECT commands.*, events.body FROM commands JOIN events USING (seq)
           WHERE status = 'accepted' ORDER BY seq`,
        );
        return rows.map((row) => {
          const data = row.body === null ? {} : (JSON.parse(row.body) as LedgerEvent).data;
          return { ...toCommand(row), order: data["order"], by: sourceOf(data["by"]) };
        });
      },
    },
    projection: { concerns: ({ type }) => type.startsWith("org.cunshao.command."), apply },
  };
}
