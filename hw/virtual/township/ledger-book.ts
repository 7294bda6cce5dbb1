import type { LedgerEvent } from "../../../src/core/event.ts";
import { canonicalHash } from "./canonical-hash.ts";

/** Missing numbers below the highest one received, both ends included. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

export interface LedgerSummary {
  readonly ledger: string;
  /** Highest seq up to which every event is here. */
  readonly stored: number;
  readonly events: number;
  readonly gaps: readonly Gap[];
  /** False once any hash or any link between two events that are here was wrong. */
  readonly chainOk: boolean;
}

/** `prevhash` of a ledger's first event. */
const FIRST_PREVHASH = "0".repeat(64);

export interface ReceivedEvent {
  readonly event: LedgerEvent;
  /** Canonical hash of the whole event: tells a repetition from a forgery. */
  readonly digest: string;
}

interface Entry {
  readonly digest: string;
  readonly hash: string;
  readonly prevhash: string;
}

interface Account {
  readonly entries: Map<number, Entry>;
  /** Numbers that the box said never come. */
  readonly absent: Set<number>;
  stored: number;
  chainOk: boolean;
}

export type Standing = "new" | "known" | "conflict";

/** What the township knows of each ledger: numbers and hashes, not contents. */
export interface LedgerBook {
  standing(received: ReceivedEvent): Standing;
  /** Enters a new event; a known one changes nothing. */
  enter(received: ReceivedEvent): void;
  /** The box says that these never come: they are no gaps. @returns those that are news. */
  enterAbsent(ledger: string, ranges: readonly Gap[]): Gap[];
  /** Highest seq without a gap from 1; 0 for an unknown ledger. */
  stored(ledger: string): number;
  summaries(): LedgerSummary[];
}

export function createLedgerBook(): LedgerBook {
  const accounts = new Map<string, Account>();

  function standing({ event, digest }: ReceivedEvent): Standing {
    const entry = accounts.get(event.ledger)?.entries.get(event.seq);
    if (!entry) return "new";
    return entry.digest === digest ? "known" : "conflict";
  }

  function accountOf(ledger: string): Account {
    const known = accounts.get(ledger);
    if (known) return known;
    const opened = { entries: new Map<number, Entry>(), absent: new Set<number>(), stored: 0, chainOk: true };
    accounts.set(ledger, opened);
    return opened;
  }

  function advance(account: Account): void {
    while (account.entries.has(account.stored + 1) || account.absent.has(account.stored + 1))
      account.stored += 1;
  }

  return {
    standing,
    enter(received) {
      if (standing(received) !== "new") return;
      const { event, digest } = received;
      const account = accountOf(event.ledger);
      account.entries.set(event.seq, { digest, hash: event.hash, prevhash: event.prevhash });
      account.chainOk &&= fits(event, account.entries);
      advance(account);
    },
    enterAbsent(ledger, ranges) {
      const account = accountOf(ledger);
      const fresh = ranges.filter(({ from, to }) => {
        const before = account.absent.size;
        for (let seq = from; seq <= to; seq += 1) if (!account.entries.has(seq)) account.absent.add(seq);
        return account.absent.size > before;
      });
      advance(account);
      return fresh;
    },
    stored: (ledger) => accounts.get(ledger)?.stored ?? 0,
    summaries: () =>
      [...accounts].map(([ledger, { entries, absent, stored, chainOk }]) => ({
        ledger,
        stored,
        events: entries.size,
        gaps: gapsIn([...entries.keys(), ...absent], stored),
        chainOk,
      })),
  };
}

/** Whether the event's own hash is right and it links to those neighbours that are here. */
function fits(event: LedgerEvent, entries: ReadonlyMap<number, Entry>): boolean {
  const { hash, ...rest } = event;
  const before = event.seq === 1 ? FIRST_PREVHASH : entries.get(event.seq - 1)?.hash;
  const after = entries.get(event.seq + 1)?.prevhash;
  return (
    hash === canonicalHash(rest) &&
    (before === undefined || before === event.prevhash) &&
    (after === undefined || after === hash)
  );
}

function gapsIn(known: readonly number[], stored: number): Gap[] {
  const gaps: Gap[] = [];
  let last = stored;
  for (const seq of known.filter((n) => n > stored).sort((a, b) => a - b)) {
    if (seq > last + 1) gaps.push({ from: last + 1, to: seq - 1 });
    last = seq;
  }
  return gaps;
}
