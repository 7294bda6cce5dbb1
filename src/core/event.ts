/** Order of importance when space or bandwidth is short: alarm, then state, then audit. */
export type EventClass = "alarm" | "state" | "audit";

/** What a room hands to the ledger; the ledger adds identity, order, time and hashes. */
export interface EventDraft {
  /** Starts with `org.cunshao.`, e.g. `org.cunshao.alarm.raised`. */
  readonly type: string;
  readonly class: EventClass;
  /** What it is about: a camera, alarm, speaker, input… id. */
  readonly subject?: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
}

/**
 * An immutable line of the ledger: a CloudEvent 1.0 in its JSON form with the extensions of the design.
 * `hash` is SHA-256 (hex) over the RFC 8785 canonical JSON of every other member, `prevhash` included.
 */
export interface LedgerEvent {
  readonly specversion: "1.0";
  /** `<ledger>-<seq>`. */
  readonly id: string;
  /** `/sites/<siteId>`. */
  readonly source: string;
  readonly type: string;
  readonly subject?: string;
  /** RFC 3339, UTC; trust it only when `clock` is `synced`. */
  readonly time: string;
  readonly datacontenttype: "application/json";
  readonly data: Readonly<Record<string, unknown>>;
  readonly ledger: string;
  /** From 1, without a gap. */
  readonly seq: number;
  readonly class: EventClass;
  /** Kernel boot id. */
  readonly boot: string;
  /** Milliseconds since boot of the process's monotonic clock, an integer. */
  readonly monotonic: number;
  readonly clock: "synced" | "unsynced";
  readonly prevhash: string;
  readonly hash: string;
}

export interface EventQuery {
  /** Events with a seq greater than this. */
  readonly after: number;
  /** 1 to 1000. */
  readonly limit: number;
  readonly class?: EventClass | undefined;
  /** Leaves this class out, for readers who may not see it. */
  readonly except?: EventClass | undefined;
}

/** The ledger as other rooms see it. */
export interface Ledger {
  /** Random id made with the database file. */
  readonly id: string;
  /** Seq of the newest event on disk, 0 when there is none. */
  readonly head: number;
  /** Resolves when the event is on disk (fsync). Rejects with `ledger.*` codes, e.g. `ledger.full`. */
  append(draft: EventDraft): Promise<LedgerEvent>;
  read(query: EventQuery): Promise<LedgerEvent[]>;
  /** Newest first; for the page. */
  latest(limit: number): Promise<LedgerEvent[]>;
  /** Called for each event once it is on disk, in order; `head` may be further already. Returns how to stop. */
  onAppend(listener: (event: LedgerEvent) => void): () => void;
}
