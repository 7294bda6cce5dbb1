import type { LedgerEvent } from "../core/event.ts";
import type { LetGo, LetGoSpan } from "../core/let-go.ts";
import { EVICTED } from "./evictions.ts";
import type { StoredLedger } from "./ledger.ts";
import { IS_EVICTION } from "./migrations/0022-let-go.ts";
import type { Database } from "./sql.ts";

interface Row {
  readonly sent: number;
  readonly events: number;
  readonly firstAt: string | null;
  readonly lastAt: string | null;
}

/** Sums up what the ledger's events say that was let go, those of earlier runs with them. */
export async function openLetGoSums(
  database: Pick<Database, "all">,
  ledger: Pick<StoredLedger, "onAppend">,
): Promise<() => LetGo | undefined> {
  const spans = new Map<boolean, LetGoSpan>();
  // Listened to before the rows are read: what is let go meanwhile comes after them.
  const meanwhile: LedgerEvent[] = [];
  let take = (event: LedgerEvent): void => void meanwhile.push(event);
  ledger.onAppend((event) => {
    if (event.type === EVICTED) take(event);
  });
  const rows = await database.all<Row & { seq: number }>(
    `SELECT body ->> '$.data.acknowledged' IS NOT 0 AS sent, sum(body ->> '$.data.events') AS events, max(seq) AS seq,
       min(body ->> '$.data.firstAt') AS firstAt, max(body ->> '$.data.lastAt') AS lastAt
     FROM events INDEXED BY events_of_evictions WHERE ${IS_EVICTION} AND body IS NOT NULL GROUP BY 1`,
  );
  const summed = Math.max(0, ...rows.map(({ seq }) => seq));
  for (const { sent, events, firstAt, lastAt } of rows)
    spans.set(sent === 1, spanOf(events, firstAt, lastAt));
  take = ({ seq, data }) => {
    if (seq <= summed) return;
    const isSent = data["acknowledged"] !== false;
    const one = spanOf(Number(data["events"] ?? 0), data["firstAt"], data["lastAt"]);
    spans.set(isSent, joined(spans.get(isSent), one));
  };
  for (const event of meanwhile) take(event);
  return () => {
    const [sent, unsent] = [spans.get(true), spans.get(false)];
    return sent || unsent ? { sent, unsent } : undefined;
  };
}

function spanOf(events: number, firstAt: unknown, lastAt: unknown): LetGoSpan {
  return {
    events,
    ...(typeof firstAt === "string" && { firstAt }),
    ...(typeof lastAt === "string" && { lastAt }),
  };
}

function joined(before: LetGoSpan | undefined, next: LetGoSpan): LetGoSpan {
  if (!before) return next;
  const times = (of: "firstAt" | "lastAt"): string[] =>
    [before[of], next[of]].flatMap((at) => at ?? []).sort();
  return spanOf(before.events + next.events, times("firstAt")[0], times("lastAt").at(-1));
}
