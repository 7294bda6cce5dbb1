import type { LedgerEvent } from "../../core/event.ts";
import type { ChainBreak, FileResult, LedgerAccount, SeqSpan } from "../../core/pulled-copy.ts";
import { isWhole } from "../chain.ts";

/** A box says by it how wrong its clock was. */
export const CORRECTED = "org.cunshao.clock.corrected";
export const RAISED = "org.cunshao.alarm.raised";
export const CLEARED = "org.cunshao.alarm.cleared";
const EVICTED = "org.cunshao.ledger.evicted";
const EVIDENCE_ADDED = "org.cunshao.evidence.added";
const SHA256 = /^[0-9a-f]{64}$/;
/** A ledger that is broken in more places is told as broken all the same. */
const MOST_KEPT = 1000;

export function emptyAccount(ledger: string, historySeq?: number): LedgerAccount {
  return {
    ledger,
    seq: 0,
    hash: "0".repeat(64),
    events: 0,
    bytes: 0,
    ...(historySeq !== undefined && { historySeq }),
    gaps: [],
    evicted: [],
    breaks: [],
    differed: 0,
    files: { stored: 0, missing: 0, changed: 0, denied: 0, tooLarge: 0, letGo: 0 },
  };
}

/** As it was saved: an earlier version counted less. */
export function savedAccount(account: LedgerAccount): LedgerAccount {
  const empty = emptyAccount(account.ledger);
  return { ...empty, ...account, files: { ...empty.files, ...account.files } };
}

/** Follows the chain over more events. What does not fit is told and kept: it is all that there is. */
export function advance(
  account: LedgerAccount,
  events: readonly LedgerEvent[],
): { readonly account: LedgerAccount; readonly fresh: readonly LedgerEvent[] } {
  let { seq, hash } = account;
  const gaps: SeqSpan[] = [];
  const evicted: SeqSpan[] = [];
  const breaks: ChainBreak[] = [];
  const fresh: LedgerEvent[] = [];
  for (const event of events) {
    if (event.seq <= seq) continue;
    const follows = event.seq === seq + 1;
    if (!follows) gaps.push({ firstSeq: seq + 1, lastSeq: event.seq - 1 });
    if (!isWhole(event)) breaks.push({ seq: event.seq, fault: "content" });
    else if (follows && event.prevhash !== hash) breaks.push({ seq: event.seq, fault: "link" });
    evicted.push(...letGoBy(event));
    fresh.push(event);
    ({ seq, hash } = event);
  }
  return {
    fresh,
    account: {
      ...account,
      source: account.source ?? fresh[0]?.source,
      seq,
      hash,
      events: account.events + fresh.length,
      gaps: joined(account.gaps, gaps),
      evicted: joined(account.evicted, evicted),
      breaks: joined(account.breaks, breaks),
    },
  };
}

/** Whether what came ahead is what stands in its place. */
export function isSameEvent(ahead: LedgerEvent, inPlace: LedgerEvent): boolean {
  if (JSON.stringify(ahead) === JSON.stringify(inPlace)) return true;
  return ahead.hash === inPlace.hash && isWhole(ahead) && isWhole(inPlace);
}

export function countDiffering(account: LedgerAccount, count: number): LedgerAccount {
  return { ...account, differed: account.differed + count };
}

export function countFile(account: LedgerAccount, result: FileResult): LedgerAccount {
  return { ...account, files: { ...account.files, [result]: account.files[result] + 1 } };
}

/** Of files that no event names any more, or of which it is open again what becomes of them. */
export function uncountFiles(account: LedgerAccount, result: FileResult, count: number): LedgerAccount {
  return { ...account, files: { ...account.files, [result]: account.files[result] - count } };
}

/** Events that were written down, also those that come again in their place. */
export function countBytes(account: LedgerAccount, events: readonly LedgerEvent[]): LedgerAccount {
  const bytes = events.reduce((sum, event) => sum + Buffer.byteLength(JSON.stringify(event)), 0);
  return { ...account, bytes: account.bytes + bytes };
}

/** Files that were here and are no more. */
export function countLetGo(account: LedgerAccount, count: number): LedgerAccount {
  const { stored, letGo } = account.files;
  return { ...account, files: { ...account.files, stored: stored - count, letGo: letGo + count } };
}

/** The file that an event names. */
export function fileNamedBy({ type, data }: Pick<LedgerEvent, "type" | "data">): string | undefined {
  const { sha256 } = data;
  return type === EVIDENCE_ADDED && typeof sha256 === "string" && SHA256.test(sha256) ? sha256 : undefined;
}

function joined<T>(before: readonly T[], more: readonly T[]): readonly T[] {
  return more.length === 0 ? before : [...before, ...more].slice(0, MOST_KEPT);
}

function letGoBy({ type, data: { firstSeq, lastSeq } }: LedgerEvent): SeqSpan[] {
  if (type !== EVICTED || !Number.isSafeInteger(firstSeq) || !Number.isSafeInteger(lastSeq)) return [];
  return [{ firstSeq: Number(firstSeq), lastSeq: Number(lastSeq) }];
}
