import { createHash } from "node:crypto";
import { GatewayError } from "../core/errors.ts";
import type { LedgerEvent } from "../core/event.ts";
import { canonicalJson } from "./json-data.ts";

/** `prevhash` of the first event. */
export const GENESIS_HASH = "0".repeat(64);

/** An event as it is stored: `body` is the canonical JSON of everything but the hash, null once evicted. */
export interface ChainRecord {
  readonly seq: number;
  readonly hash: string;
  readonly class: string;
  readonly type: string;
  readonly body: string | null;
}

/** Where a chain ends. */
export interface ChainTip {
  readonly seq: number;
  readonly hash: string;
}

export type ChainVerdict =
  | { readonly intact: true; readonly tip: ChainTip }
  | { readonly intact: false; readonly seq: number; readonly fault: ChainFault };

/** `gap`: an event is missing or out of order; `link`: it follows another one; `content`: it was changed. */
export type ChainFault = "gap" | "link" | "content";

export function hashOf(body: string): string {
  return createHash("sha256").update(body, "utf8").digest("hex");
}

/** Closes an event: adds the hash over the canonical JSON of everything else. */
export function seal(open: Omit<LedgerEvent, "hash">): { event: LedgerEvent; record: ChainRecord } {
  const body = canonicalJson({ ...open });
  const hash = hashOf(body);
  return {
    event: { ...open, hash },
    record: { seq: open.seq, hash, class: open.class, type: open.type, body },
  };
}

/** An event received from elsewhere in the form that `verifyChain` reads. @throws GatewayError `event.not_json`. */
export function recordOf(event: LedgerEvent): ChainRecord {
  const { hash, ...open } = event;
  return { ...seal(open).record, hash };
}

function parse(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function judge(record: ChainRecord, tip: ChainTip, ledger: string | undefined): ChainFault | undefined {
  if (record.seq !== tip.seq + 1) return "gap";
  if (record.body === null) return undefined;
  if (hashOf(record.body) !== record.hash) return "content";
  const said = parse(record.body);
  if (said === undefined || said["class"] !== record.class || said["type"] !== record.type) return "content";
  if (said["seq"] !== record.seq || said["id"] !== `${String(said["ledger"])}-${record.seq}`)
    return "content";
  if (said["prevhash"] !== tip.hash || (ledger !== undefined && said["ledger"] !== ledger)) return "link";
  return undefined;
}

/**
 * Follows the chain from its first event, or from a tip that is trusted already. What is missing, out of order, changed
 * by a single bit or of another ledger is found; events cut off at the end show only against a tip known elsewhere.
 * @param read gives records with a seq above `after`, in order; an empty list ends the chain.
 */
export async function verifyChain(
  read: (after: number) => Promise<readonly ChainRecord[]>,
  from: ChainTip = { seq: 0, hash: GENESIS_HASH },
): Promise<ChainVerdict> {
  let tip = from;
  let ledger: string | undefined;
  for (;;) {
    const records = await read(tip.seq);
    if (records.length === 0) return { intact: true, tip };
    for (const record of records) {
      const fault = judge(record, tip, ledger);
      if (fault !== undefined) return { intact: false, seq: tip.seq + 1, fault };
      ledger ??= record.body === null ? undefined : String(parse(record.body)?.["ledger"]);
      tip = { seq: record.seq, hash: record.hash };
    }
  }
}

/** Whether an event from elsewhere is as its hash says. */
export function isWhole(event: LedgerEvent): boolean {
  try {
    const { body } = recordOf(event);
    return event.id === `${event.ledger}-${event.seq}` && body !== null && hashOf(body) === event.hash;
  } catch (error) {
    if (error instanceof GatewayError) return false;
    throw error;
  }
}
