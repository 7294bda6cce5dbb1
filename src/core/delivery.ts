/** How far an upstream has acknowledged, and when: `at` is ISO time of the answer. */
export interface Delivery {
  readonly upstream: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly at: string;
}

/** What upstreams need of the buffer. */
export interface Outbox {
  /** Highest seq up to which `upstream` acknowledged everything; 0 at first. */
  acknowledged(upstream: string): Promise<number>;
  /** Records an acknowledgement durably; a seq at or below the present one changes nothing. */
  acknowledge(upstream: string, lastSeq: number, at: string): Promise<void>;
  /** Counts what `upstream` has not acknowledged. */
  waiting(upstream: string): Promise<{ events: number; alarms: number }>;
  /** Deliveries that touch `firstSeq` to `lastSeq`. */
  deliveries(firstSeq: number, lastSeq: number): Promise<Delivery[]>;
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
  /** ISO time of the last `put`; absent for one of an earlier version. */
  readonly at?: string | undefined;
}

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
   * A cursor may go back: the puller knows best what it lost.
   * @throws GatewayError `cursor.other_ledger`, `cursor.future`, `cursor.taken` (permanent): another copy uses the name.
   */
  put(order: CursorOrder): Promise<CursorMove>;
  /** What lies behind a position; of another ledger: all that is here. */
  backlog(position: Pick<Cursor, "ledger" | "seq">): Promise<CursorBacklog>;
  /**
   * The lowest seq that somebody who came within `withinMs` still has to get; undefined when nobody has to. For whoever
   * decides what may go.
   */
  unreadFrom(withinMs: number): Promise<number | undefined>;
}

export interface UpstreamState {
  readonly id: string;
  readonly status: "connecting" | "connected" | "unreachable" | "refused";
  /** ISO time of the last acknowledgement or successful call; absent if never in this process. */
  readonly lastHeardAt?: string | undefined;
  readonly since: string;
  readonly waitingEvents: number;
  readonly waitingAlarms: number;
  /** Stable code of the last failure. */
  readonly reason?: string | undefined;
}
