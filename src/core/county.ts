import type { LedgerEvent } from "./event.ts";
import type { LedgerAccount } from "./pulled-copy.ts";
import type { SeqRange } from "./seq-ranges.ts";
import type { Severity } from "./site.ts";

/** What is no event and yet has a number: kept as it came, so that nothing is lost and nothing stuck. */
export interface OddEvent {
  readonly seq: number;
  readonly payload: string;
}

/** What came of one ledger since the last time. */
export interface CountyDelivery {
  /** The site's id, which its topic says. */
  readonly box: string;
  readonly ledger: string;
  readonly events: readonly LedgerEvent[];
  readonly odd: readonly OddEvent[];
  /** Numbers that the box says never come. */
  readonly absent: readonly SeqRange[];
  /** The highest number that it is known to have; 0 where nothing was said. */
  readonly head: number;
}

/** A birth, a goodbye or a will. */
export interface BoxSign {
  readonly box: string;
  readonly status: "online" | "offline";
  readonly ledger: string | undefined;
  readonly version: string | undefined;
  /** Said before anybody listened, nobody knows when. */
  readonly isRetained: boolean;
}

export interface CountyBatch {
  /** ISO 8601, by the county's clock. */
  readonly receivedAt: string;
  /** One of each ledger. */
  readonly deliveries: readonly CountyDelivery[];
  /** In their order. */
  readonly signs: readonly BoxSign[];
  /** Sites that stand in no township. */
  readonly strangers: readonly string[];
}

/** What is on disk of one ledger: which numbers are here or never come. */
export interface KeptLedger {
  readonly box: string;
  readonly ledger: string;
  readonly have: readonly SeqRange[];
}

/** Of a ledger: what was followed of its chain, what is here, and where it ends as far as is known. */
export interface CountyLedger extends KeptLedger {
  readonly account: LedgerAccount;
  readonly head: number;
}

/** What stands in the store about one box. Times are ISO 8601 by the county's clock. */
export interface BoxRecord {
  readonly box: string;
  readonly status: "online" | "offline" | undefined;
  readonly since: string | undefined;
  readonly heardAt: string | undefined;
  readonly version: string | undefined;
  /** When two boxes with this id were last told apart by their ledgers. */
  readonly twinAt: string | undefined;
  /** How far the newest event with a synced clock was ahead. */
  readonly aheadSeconds: number | undefined;
  readonly ledgers: readonly CountyLedger[];
  /** Open ones. */
  readonly alarms: readonly {
    readonly severity: string;
    readonly count: number;
    readonly oldestAt: string;
  }[];
  readonly odd: number;
  /** Events with the number of another one. */
  readonly clashes: number;
}

/** Where a county keeps the events of its boxes. Rejects with `copy.*`. */
export interface CountyStore {
  /**
   * Keeps each event once, in one transaction with the account of its ledger; resolves when it is on disk. Several readers may do so
   * at once. @returns where each ledger of the batch now stands.
   */
  keep(batch: CountyBatch): Promise<readonly KeptLedger[]>;
  boxes(): Promise<readonly BoxRecord[]>;
  strangers(): Promise<readonly { readonly site: string; readonly heardAt: string }[]>;
  close(): Promise<void>;
}

export interface CountyVillage {
  readonly id: string;
  /** Its id where nobody gave it another one. */
  readonly name: string;
}

export interface CountyTownship {
  readonly id: string;
  readonly name: string;
  readonly villages: readonly CountyVillage[];
}

/** Sums over boxes: of a township, or of the county. */
export interface CountySum {
  readonly boxes: number;
  readonly there: number;
  readonly away: number;
  /** Of which nothing was ever heard. */
  readonly never: number;
  /** Events that a box has and the county not yet. */
  readonly waiting: number;
  /** Of these, such as have later ones of the same ledger here already. */
  readonly missing: number;
  /** Places that the boxes themselves say never come. */
  readonly absent: number;
  /** Places at which a chain does not fit. */
  readonly broken: number;
  readonly clashes: number;
  readonly odd: number;
  /** Boxes whose id another box has, too. */
  readonly twins: number;
  /** Boxes whose clock says that it is right and is not. */
  readonly wrongClocks: number;
  readonly openAlarms: Readonly<Record<Severity, number>>;
}

export interface BoxFigures extends CountySum {
  readonly box: string;
  readonly name: string;
  readonly township: string;
  readonly state: "there" | "away" | "never";
  readonly since: string | undefined;
  readonly heardAt: string | undefined;
  readonly version: string | undefined;
  readonly oldestAlarmAt: string | undefined;
}

export interface CountyFigures {
  readonly at: string;
  readonly total: CountySum;
  readonly townships: readonly (CountySum & { readonly id: string; readonly name: string })[];
  readonly boxes: readonly BoxFigures[];
  readonly strangers: readonly { readonly site: string; readonly heardAt: string }[];
}

/** What `/figures` answers; what the database says is absent while it does not answer. */
export interface CountyReport extends Partial<CountyFigures> {
  readonly county: { readonly id: string; readonly name: string };
  readonly reader: ReaderFigures;
}

/** `certificate`: one is not taken, the broker's here or ours there. `refused`: it is there and does not let us in. */
export type BrokerFault = "certificate" | "refused" | "unreachable";

/** What one reader says of itself since it started. */
export interface ReaderFigures {
  readonly isConnected: boolean;
  /** Why it is not connected, once it is known. */
  readonly brokerFault: BrokerFault | undefined;
  /** False while the store takes nothing. */
  readonly isKeeping: boolean;
  readonly kept: number;
  /** Not taken while the store was away; each comes again. */
  readonly dropped: number;
  /** Messages that say nothing a keeper could keep. */
  readonly nonsense: number;
  readonly queued: number;
}
