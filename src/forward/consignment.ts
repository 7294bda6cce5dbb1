import type { EventClass, LedgerEvent } from "../core/event.ts";
import type { SeqRange } from "../core/seq-ranges.ts";
import type { Failure, Word } from "./answers.ts";

/** What goes to an upstream at once. */
export interface Consignment {
  /** Undefined: of every class. */
  readonly class: EventClass | undefined;
  /** All that the box has of the class between these numbers is in here. Undefined for a question how far it is. */
  readonly span: SeqRange | undefined;
  readonly events: readonly LedgerEvent[];
  /** Each event's JSON. */
  readonly json: readonly string[];
  /** Numbers that never come: evicted before they were sent, or refused by this upstream. */
  readonly absent: readonly SeqRange[];
  /** Alarms of now. */
  readonly isLive: boolean;
}

/** Asks an upstream whether it is there, and how far it is. */
export const QUESTION: Consignment = {
  class: undefined,
  span: undefined,
  events: [],
  json: [],
  absent: [],
  isLive: false,
};

/** Brings consignments to one upstream. */
export interface Carrier {
  /** So many consignments may be on their way at once, as of now. */
  parallel(): number;
  /** Whether the upstream is asked how far it is before anything is sent to it, and again after each failure. */
  readonly asksFirst: boolean;
  /** Never rejects. An abort of `signal` ends the call at once, with some failure. */
  send(consignment: Consignment, signal: AbortSignal): Promise<Word | Failure>;
  /** Calls when the connection is gone while nothing was being sent. */
  onLost?(listener: () => void): () => void;
  /** Says goodbye and lets connections go. May be called twice. */
  close(): Promise<void>;
}

/** The longest run of `events` from the first, at most `most`, whose JSON fits into `maxBytes`; one event always goes. */
export function cutRun(
  events: readonly LedgerEvent[],
  most: number,
  maxBytes: number,
): Pick<Consignment, "events" | "json"> {
  const json: string[] = [];
  let bytes = 2;
  for (const event of events) {
    if (json.length === most) break;
    const text = JSON.stringify(event);
    bytes += Buffer.byteLength(text) + 1;
    if (json.length > 0 && bytes > maxBytes) break;
    json.push(text);
  }
  return { events: events.slice(0, json.length), json };
}

/** How many bytes a consignment's JSON has, without what stands around it. */
export function bytesOf({ json }: Pick<Consignment, "json">): number {
  return json.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 1);
}

/** The same for the same events, so that the receiver knows a repetition; undefined for a question. */
export function idOf({ class: eventClass, events }: Consignment): string | undefined {
  const [first] = events;
  const last = events.at(-1);
  return first && last ? `${first.ledger}-${eventClass ?? "all"}-${first.seq}-${last.seq}` : undefined;
}
