import type { DutyBook, WrittenRoster } from "../core/duty.ts";
import type { DutyTurn } from "../core/site.ts";
import type { StoredLedger } from "./ledger.ts";
import { isSource } from "./source-data.ts";
import type { Database } from "./sql.ts";

/** There is one. */
const ROSTER = "village";

/** The duty roster as it was written on the page; kept in the transaction of the event that tells it. */
export function createDutyBook(database: Database, ledger: Pick<StoredLedger, "appendWith">): DutyBook {
  return {
    async written() {
      const [row] = await database.all<{ data: string }>("SELECT data FROM duty_written WHERE roster = ?", [
        ROSTER,
      ]);
      return row && toRoster(row.data);
    },
    async write(roster) {
      const { turns, by } = roster;
      const draft = {
        type: "org.cunshao.duty.written",
        class: "audit",
        data: { by, names: [...new Set(turns.map(({ name }) => name))] },
      } as const;
      await ledger.appendWith(draft, async ({ run }) => {
        await run("INSERT OR REPLACE INTO duty_written (roster, data) VALUES (?, ?)", [
          ROSTER,
          JSON.stringify(roster),
        ]);
      });
    },
    async forget(by) {
      await ledger.appendWith(
        { type: "org.cunshao.duty.restored", class: "audit", data: { by } },
        async ({ run }) => {
          await run("DELETE FROM duty_written WHERE roster = ?", [ROSTER]);
        },
      );
    },
  };
}

/** What is no roster is none: what is configured holds. */
function toRoster(data: string): WrittenRoster | undefined {
  const { turns, by, at, version } = JSON.parse(data) as Partial<Record<keyof WrittenRoster, unknown>>;
  if (!Array.isArray(turns) || !turns.every(isTurn) || !isSource(by)) return undefined;
  return typeof at === "string" && typeof version === "number" ? { turns, by, at, version } : undefined;
}

function isTurn(value: unknown): value is DutyTurn {
  const { name, phone, when } = (value ?? {}) as Partial<Record<keyof DutyTurn, unknown>>;
  const { days, fromMinute, toMinute } = (when ?? {}) as Partial<Record<keyof DutyTurn["when"], unknown>>;
  return (
    typeof name === "string" &&
    typeof phone === "string" &&
    Array.isArray(days) &&
    typeof fromMinute === "number" &&
    typeof toMinute === "number"
  );
}
