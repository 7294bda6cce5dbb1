import { CURSOR_KEEP_DAYS, type Cursor, type CursorBacklog, type Cursors } from "../core/delivery.ts";
import { GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import { type Clock, isoTime } from "../core/time.ts";
import type { ClockQuality } from "./ledger.ts";
import type { Database, Transaction } from "./sql.ts";

interface CursorRow {
  readonly name: string;
  readonly ledger: string;
  readonly seq: number;
  readonly holder: string | null;
  readonly at: string | null;
  readonly keepDays: number | null;
}

const DAY_MS = 86_400_000;
/** Each holds back what may go, and is counted whenever somebody asks who is behind. A village has one to three. */
const MOST_CURSORS = 50;
const COLUMNS = "name, ledger, seq, holder, at, keep_days AS keepDays";

/** Who has not come for as long as was to be kept for him has gone, and holds nothing back. */
function hasEnded({ at, keepDays }: CursorRow, nowMs: number): boolean {
  return at !== null && Date.parse(at) + (keepDays ?? CURSOR_KEEP_DAYS) * DAY_MS < nowMs;
}

function toCursor({ name, ledger, seq, holder, at, keepDays }: CursorRow): Cursor {
  return {
    ...{ name, ledger, seq },
    ...(holder !== null && { holder }),
    ...(at !== null && { at }),
    ...(keepDays !== null && { keepDays }),
  };
}

/** How far pullers have read. A name belongs to one copy: two that share it would each believe the other's reading its own. */
export function createCursors({
  database,
  ledger,
  clock,
  clockQuality,
}: {
  database: Database;
  ledger: Pick<Ledger, "id" | "head">;
  clock: Clock;
  clockQuality: () => ClockQuality;
}): Cursors {
  /** For a new name: who left a place does not come to give it back. */
  async function makeRoom({ all, run }: Transaction): Promise<void> {
    const rows = await all<CursorRow>(`SELECT ${COLUMNS} FROM cursors`);
    const nowMs = clock.now().wallMs;
    const ended = clockQuality() === "synced" ? rows.filter((row) => hasEnded(row, nowMs)) : [];
    for (const { name } of ended) await run("DELETE FROM cursors WHERE name = ?", [name]);
    if (rows.length - ended.length < MOST_CURSORS) return;
    throw new GatewayError(
      `There are ${MOST_CURSORS} cursors already, all in use in the days for which each is kept: remove one of a puller that does not ` +
        "come again (GET /cursors, DELETE /cursors/<name>), or use its name",
      { code: "cursor.too_many", kind: "permanent" },
    );
  }

  return {
    async get(name) {
      const [row] = await database.all<CursorRow>(`SELECT ${COLUMNS} FROM cursors WHERE name = ?`, [name]);
      return row && toCursor(row);
    },
    async list() {
      return (await database.all<CursorRow>(`SELECT ${COLUMNS} FROM cursors ORDER BY name`)).map(toCursor);
    },
    async put({ name, ledger: id, seq, holder, keepDays, takeOver = false }) {
      if (id !== ledger.id) {
        throw new GatewayError(`Cursor ${name} belongs to another ledger`, {
          code: "cursor.other_ledger",
          kind: "permanent",
        });
      }
      if (!Number.isSafeInteger(seq) || seq < 0 || seq > ledger.head) {
        throw new GatewayError(`Cursor ${name} is at ${seq}, the ledger ends at ${ledger.head}`, {
          code: "cursor.future",
          kind: "permanent",
        });
      }
      return database.transaction(async ({ all, run }) => {
        const [row] = await all<CursorRow>(`SELECT ${COLUMNS} FROM cursors WHERE name = ?`, [name]);
        const before = row && toCursor(row);
        if (before?.holder !== undefined && before.holder !== holder && !takeOver) {
          throw new GatewayError(
            `Another copy has used cursor ${name}, last at ${before.at}: choose another name, or take it over`,
            { code: "cursor.taken", kind: "permanent" },
          );
        }
        if (!before) await makeRoom({ all, run });
        await run(
          `INSERT INTO cursors (name, ledger, seq, holder, at, keep_days) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET ledger = excluded.ledger, seq = excluded.seq,
             holder = excluded.holder, at = excluded.at, keep_days = excluded.keep_days`,
          // A wrong time would make it look gone once the right one is known.
          [
            ...[name, id, seq, holder ?? null],
            clockQuality() === "synced" ? isoTime(clock.now().wallMs) : null,
            keepDays ?? null,
          ],
        );
        return { before };
      });
    },
    async backlog(position) {
      const after = position.ledger === ledger.id ? position.seq : 0;
      const [row] = await database.all<CursorBacklog>(
        `SELECT count(*) AS events, count(*) FILTER (WHERE class = 'alarm') AS alarms
         FROM events WHERE seq > ? AND body IS NOT NULL`,
        [after],
      );
      return row ?? { events: 0, alarms: 0 };
    },
    async remove(name) {
      return (await database.transaction(({ run }) => run("DELETE FROM cursors WHERE name = ?", [name]))) > 0;
    },
    async unreadFrom() {
      const rows = await database.all<CursorRow>(`SELECT ${COLUMNS} FROM cursors`);
      const nowMs = clock.now().wallMs;
      const isSynced = clockQuality() === "synced";
      const kept = rows.filter((row) => !isSynced || !hasEnded(row, nowMs));
      // A cursor of another ledger has read nothing of this one.
      const read = kept.map((cursor) => (cursor.ledger === ledger.id ? cursor.seq : 0));
      const next = Math.min(ledger.head, ...read) + 1;
      return next > ledger.head ? undefined : next;
    },
  };
}
