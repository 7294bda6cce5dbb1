import {
  type BroadcastContent,
  type BroadcastOrder,
  type KnownOrder,
  type OrderBook,
  PRIORITIES,
  type Priority,
} from "../core/broadcast.ts";
import type { LedgerEvent } from "../core/event.ts";
import type { Projection } from "./ledger.ts";
import { isSource } from "./source-data.ts";
import type { Database, Transaction } from "./sql.ts";

/** Orders that are over and so far back are forgotten here; the ledger keeps their events. */
const MOST_KEPT = 10_000;

interface OrderRow {
  readonly id: string;
  readonly data: string;
}

async function apply({ run }: Transaction, events: readonly LedgerEvent[]): Promise<void> {
  for (const { type, subject, seq, data } of events) {
    if (subject === undefined) continue;
    if (type === "org.cunshao.broadcast.ordered") {
      await run("INSERT OR IGNORE INTO orders (id, seq, data) VALUES (?, ?, ?)", [
        subject,
        seq,
        JSON.stringify(data),
      ]);
      await run(
        `DELETE FROM orders WHERE is_over = 1
         AND seq <= (SELECT seq FROM orders WHERE is_over = 1 ORDER BY seq DESC LIMIT 1 OFFSET ${MOST_KEPT})`,
        [],
      );
    } else if (type === "org.cunshao.broadcast.finished" && typeof data["speaker"] === "string") {
      await run("INSERT OR IGNORE INTO order_ends (id, speaker) SELECT id, ? FROM orders WHERE id = ?", [
        data["speaker"],
        subject,
      ]);
      await run(
        `UPDATE orders SET is_over = 1 WHERE id = ?1
         AND json_array_length(data, '$.speakers') <= (SELECT count(*) FROM order_ends WHERE id = ?1)`,
        [subject],
      );
      await run("DELETE FROM order_ends WHERE id = ? AND (SELECT is_over FROM orders WHERE id = ?) = 1", [
        subject,
        subject,
      ]);
    }
  }
}

/** A row that is no order is none: nothing is said again for it. */
function toOrder({ id, data }: OrderRow): BroadcastOrder | undefined {
  const told = JSON.parse(data) as Record<string, unknown>;
  const { by, priority, speakers, repeat, volume } = told;
  const content = contentOf(told);
  if (!content || !isSource(by) || !isPriority(priority) || !isTexts(speakers)) return undefined;
  if (typeof repeat !== "number" || typeof volume !== "number") return undefined;
  const { whenPreempted } = told;
  return {
    id,
    source: by,
    priority,
    speakers,
    content,
    repeat,
    volume,
    alarm: textOf(told["alarm"]),
    notBeforeMs: timeOf(told["notBefore"]),
    expiresMs: timeOf(told["expires"]),
    whenPreempted: whenPreempted === "resume" || whenPreempted === "drop" ? whenPreempted : undefined,
    reason: textOf(told["reason"]),
    person: textOf(told["person"]),
    isByHand: told["isByHand"] === true ? true : undefined,
    address: textOf(told["address"]),
  };
}

function contentOf({
  text,
  clip,
  clipName,
  sha256,
  live,
}: Record<string, unknown>): BroadcastContent | undefined {
  if (typeof text === "string") return { kind: "text", text };
  if (live === true) return { kind: "live", session: "" };
  if (typeof clip !== "string" || typeof clipName !== "string" || typeof sha256 !== "string")
    return undefined;
  return { kind: "clip", clip, name: clipName, sha256 };
}

function isPriority(value: unknown): value is Priority {
  return PRIORITIES.some((priority) => priority === value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === "string");
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function timeOf(value: unknown): number | undefined {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

/** Orders to speak; the ledger keeps them by `projection`. */
export function createOrderBook(database: Database): {
  readonly book: OrderBook;
  readonly projection: Projection;
} {
  async function known(row: OrderRow): Promise<KnownOrder[]> {
    const order = toOrder(row);
    if (!order) return [];
    const ends = await database.all<{ speaker: string }>("SELECT speaker FROM order_ends WHERE id = ?", [
      row.id,
    ]);
    const over = new Set(ends.map(({ speaker }) => speaker));
    return [{ order, open: order.speakers.filter((speaker) => !over.has(speaker)) }];
  }
  return {
    book: {
      async find(id) {
        const rows = await database.all<OrderRow & { is_over: number }>(
          "SELECT id, data, is_over FROM orders WHERE id = ?",
          [id],
        );
        const [row] = rows;
        const [found] = row ? await known(row) : [];
        return found && row?.is_over === 1 ? { ...found, open: [] } : found;
      },
      async open() {
        const rows = await database.all<OrderRow>(
          "SELECT id, data FROM orders WHERE is_over = 0 ORDER BY seq",
        );
        return (await Promise.all(rows.map(known))).flat();
      },
    },
    projection: {
      concerns: ({ type }) => type.startsWith("org.cunshao.broadcast."),
      apply,
    },
  };
}
