import type { EventClass } from "./event.ts";
import type { SeqRange } from "./seq-ranges.ts";

/** What an upstream has acknowledged, and when: every event of `class` in the range. `at` is ISO time of the answer. */
export interface Delivery {
  readonly upstream: string;
  readonly class: EventClass;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly at: string;
}

/** The classes of a ledger, the most urgent first: each overtakes those behind it on the way to an upstream. */
export const CLASSES_BY_URGENCY: readonly EventClass[] = ["alarm", "state", "audit"];

/** A cursor for each class; more than one range where newer events of the class overtook older ones. */
export type Lanes = Readonly<Record<EventClass, readonly SeqRange[]>>;

/** Events of one class between two numbers. */
export interface LaneSpan extends SeqRange {
  readonly class: EventClass;
}

/** What an answer of an upstream says that it has. */
export interface Acknowledgement {
  /** ISO time of the answer. */
  readonly at: string;
  /** Up to where it counts without a gap. */
  readonly stored: number;
  /** What it is done with. */
  readonly spans: readonly LaneSpan[];
}

/** What an upstream has once said. */
export interface UpstreamWord {
  readonly stored: number;
  /** ISO time. */
  readonly heardAt: string;
}

/** What upstreams need of the buffer. */
export interface Outbox {
  /** Highest seq up to which `upstream` is done with everything, whatever its class; 0 at first. */
  acknowledged(upstream: string): Promise<number>;
  /** Records durably that `upstream` has everything up to `lastSeq`; a seq at or below the present one changes nothing. */
  acknowledge(upstream: string, lastSeq: number, at: string): Promise<void>;
  /** The same for an answer about classes; remembers the answer as `word`. */
  accept(upstream: string, acknowledgement: Acknowledgement): Promise<void>;
  /** What `upstream` is done with: acknowledged, or set aside as a dead letter. */
  lanes(upstream: string): Promise<Lanes>;
  /** The last word of `upstream`; undefined before the first. */
  word(upstream: string): Promise<UpstreamWord | undefined>;
  /** Remembers that `upstream` was heard, though it had nothing to acknowledge. */
  heard(upstream: string, at: string): Promise<void>;
  /** Numbers in the range whose events were evicted, of one class or of all. */
  absent(eventClass: EventClass | undefined, range: SeqRange): Promise<readonly SeqRange[]>;
  /** Counts what `upstream` is not done with, up to `throughSeq` (default: all). */
  waiting(upstream: string, throughSeq?: number): Promise<{ events: number; alarms: number }>;
  /** Deliveries that touch `firstSeq` to `lastSeq`. */
  deliveries(firstSeq: number, lastSeq: number): Promise<Delivery[]>;
}

/** An event that an upstream refused for good: it stays in the ledger and is sent again only when a person says so. */
export interface DeadLetter {
  readonly upstream: string;
  readonly seq: number;
  readonly class: EventClass;
  readonly type: string;
  /** Stable code of the refusal: `upstream.*`. */
  readonly code: string;
  /** The upstream's own words, at most 300 characters. */
  readonly said?: string | undefined;
  /** ISO time. */
  readonly at: string;
}

export interface DeadLetters {
  /** Sets events aside, durably; `upstream` is done with them. */
  add(upstream: string, letters: readonly Omit<DeadLetter, "upstream" | "type">[]): Promise<void>;
  /** Newest first. */
  list(limit: number): Promise<DeadLetter[]>;
  count(upstream: string): Promise<number>;
  /** Of those behind a seq, in order. */
  seqsAfter(upstream: string, seq: number): Promise<number[]>;
  /** Lets one wait again. @returns its class; undefined when there is none. */
  takeBack(upstream: string, seq: number): Promise<EventClass | undefined>;
}

/** A file named by an event that an upstream acknowledged. */
export interface PendingEvidence {
  /** Of the `org.cunshao.evidence.added` event. */
  readonly seq: number;
  readonly sha256: string;
}

/** What upstreams need of the buffer to deliver files after the events that name them. */
export interface EvidenceOutbox {
  /** Files that `upstream` may have now and has not, named after `afterSeq`; oldest first. */
  pending(upstream: string, afterSeq: number, limit: number): Promise<PendingEvidence[]>;
  /** Records durably that `upstream` has the file. */
  delivered(upstream: string, sha256: string, at: string): Promise<void>;
}

/** A puller's bookmark: everything up to `seq` of `ledger` is stored on its side. */
export interface Cursor {
  readonly name: string;
  readonly ledger: string;
  readonly seq: number;
  /** Names the copy that the puller keeps; absent for a puller that says none. */
  readonly holder?: string | undefined;
  /** ISO time of the last `put`; absent for one of an earlier version, or where the time was not known then. */
  readonly at?: string | undefined;
  /** For so many days after its last `put` what it has still to get is kept for it. */
  readonly keepDays?: number | undefined;
}

/** `keepDays` of a puller that says none. */
export const CURSOR_KEEP_DAYS = 30;

export interface CursorOrder extends Cursor {
  /** Whether the name may be taken from another copy. */
  readonly takeOver?: boolean | undefined;
}

/** What a `put` found. */
export interface CursorMove {
  /** The cursor as it was; undefined for a new name. */
  readonly before: Cursor | undefined;
}

/** What a puller has still to get. */
export interface CursorBacklog {
  readonly events: number;
  readonly alarms: number;
}

export interface Cursors {
  get(name: string): Promise<Cursor | undefined>;
  list(): Promise<Cursor[]>;
  /**
   * A cursor may go back: the puller knows best what it lost. A new name removes those whose `keepDays` have passed, while the time is known.
   * @throws GatewayError `cursor.other_ledger`, `cursor.future`, `cursor.taken` (permanent): another copy uses the name;
   * `cursor.too_many` (permanent): a new name, and 50 others have not ended.
   */
  put(order: CursorOrder): Promise<CursorMove>;
  /** What lies behind a position; of another ledger: all that is here. */
  backlog(position: Pick<Cursor, "ledger" | "seq">): Promise<CursorBacklog>;
  /** False when there was none. */
  remove(name: string): Promise<boolean>;
  /**
   * The lowest seq that is kept for somebody who still has to get it; undefined when nobody has to. Who has not come for
   * his `keepDays` holds nothing back; while the time is not known nobody counts as gone. For whoever decides what may go.
   */
  unreadFrom(): Promise<number | undefined>;
}

export interface UpstreamState {
  readonly id: string;
  readonly kind?: "http" | "mqtt" | undefined;
  readonly status: "connecting" | "connected" | "unreachable" | "refused";
  /** ISO time of the last acknowledgement or successful call; absent if never. */
  readonly lastHeardAt?: string | undefined;
  readonly since: string;
  readonly waitingEvents: number;
  readonly waitingAlarms: number;
  /** How long what waits will take at the speed of late, once the upstream takes it; absent where nothing was sent yet. */
  readonly secondsToSend?: number | undefined;
  /** Events that it refused for good. */
  readonly deadLetters?: number | undefined;
  /** Stable code of the last failure. */
  readonly reason?: string | undefined;
}

/** The upstreams as page and API see them. */
export interface UpstreamDesk {
  states(): readonly UpstreamState[];
  /** Newest first. */
  deadLetters(limit: number): Promise<DeadLetter[]>;
  /** Sends a dead letter again. @throws GatewayError `dead_letter.unknown` (permanent). */
  retry(upstream: string, seq: number): Promise<void>;
}

/**
 * What comes down with an upstream's answers, for whoever checks and obeys it: nothing here is trusted because of the road
 * by which it came.
 */
export interface Downlink {
  /**
   * Resolves once each of them is on disk or refused, done or not: what is on disk is done, whatever happens. More than 100 are refused.
   * Rejects with GatewayError `ledger.*` once all were tried, where the disk did not take one: it has to come again.
   */
  commands(upstream: string, commands: readonly unknown[]): Promise<void>;
  /** The upstream's own clock, in milliseconds since the Unix epoch. */
  time(upstream: string, wallMs: number): void;
}
