import type { LedgerEvent } from "../core/event.ts";
import type { RuleChange, RuleEdit, RuleEditBook } from "../core/rule-edit.ts";
import type { Projection } from "./ledger.ts";
import { isSource } from "./source-data.ts";
import type { Database, Transaction } from "./sql.ts";

interface ChangeRow {
  readonly rule: string;
  readonly seq: number;
  readonly time: string;
  readonly data: string;
}

async function apply({ run }: Transaction, events: readonly LedgerEvent[]): Promise<void> {
  for (const { type, seq, time, data } of events) {
    const { rule, edit, by } = data;
    if (typeof rule !== "string") continue;
    // What was put back stays in sight: whoever still has the change before open is told who did it.
    const kept = type === "org.cunshao.rule.edited" ? { by, edit } : { by };
    await run("INSERT OR REPLACE INTO rule_changes (rule, seq, time, data) VALUES (?, ?, ?, ?)", [
      rule,
      seq,
      time,
      JSON.stringify(kept),
    ]);
  }
}

/** A row that is not what it should be is left out: what is configured holds. */
function toChange({ rule, seq: version, time: at, data }: ChangeRow): RuleChange[] {
  const { by, edit } = JSON.parse(data) as Record<string, unknown>;
  if (!isSource(by) || (edit !== undefined && !isEdit(edit))) return [];
  return [{ rule, version, at, by, ...(edit && { edit }) }];
}

/** As far as its lists are lists; the values are checked with the rule that they make. */
function isEdit(value: unknown): value is RuleEdit {
  const { schedule, say, escalate } = (value ?? {}) as Partial<Record<keyof RuleEdit, unknown>>;
  return isRecord(value) && [schedule, say, escalate].every((list) => list === undefined || isRecords(list));
}

function isRecords(value: unknown): boolean {
  return Array.isArray(value) && value.every(isRecord);
}

function isRecord(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** What was changed of rules on the page; the ledger keeps it by `projection`. */
export function createRuleEditBook(database: Database): {
  readonly book: RuleEditBook;
  readonly projection: Projection;
} {
  return {
    book: {
      async latest() {
        const rows = await database.all<ChangeRow>("SELECT rule, seq, time, data FROM rule_changes");
        return rows.flatMap(toChange);
      },
    },
    projection: {
      concerns: ({ type }) => type === "org.cunshao.rule.edited" || type === "org.cunshao.rule.restored",
      apply,
    },
  };
}
