import type { LedgerEvent } from "./event.ts";
import type { Severity } from "./site.ts";

// A month of a village on paper: what was raised, who was turned back, what was out, and what of it cannot be told.

/**
 * What became of an alarm. The first that is true counts: somebody called it `false`; somebody saw to it (`handled`); whoever was
 * seen there was spoken to by the box and then gone (`dissuaded`); it ended by itself (`passed`); it is `open`.
 */
export const OUTCOMES = ["false", "handled", "dissuaded", "passed", "open"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What of the box's own voice an alarm had: proven to be heard, sent without proof, proven to be silent, or none. */
export const VOICES = ["heard", "unproven", "silent", "none"] as const;
export type Voice = (typeof VOICES)[number];

/** What was out: the box itself, its supply, the line to the township, a camera's sight, a sensor, a horn. */
export const OUTAGE_KINDS = ["box", "supply", "line", "camera", "sensor", "speaker"] as const;
export type OutageKind = (typeof OUTAGE_KINDS)[number];

/** What happened after the end of a month still counts for its alarms for so long: a sheet that is printed later is the same. */
export const SETTLED_AFTER_DAYS = 7;
/** What was out for less is neither counted nor listed. */
export const LEAST_OUTAGE_SECONDS = 60;

export interface SheetAlarm {
  /** Its event's. */
  readonly seq: number;
  /** ISO time, corrected. */
  readonly at: string;
  /** False where the clock was not known to be right: it was then or later. */
  readonly isTimeSure: boolean;
  readonly name: string;
  readonly place: string;
  readonly severity: Severity;
  readonly voice: Voice;
  readonly outcome: Outcome;
  /** Who saw to it, or called it false. */
  readonly by?: string | undefined;
}

export interface SheetOutage {
  readonly kind: OutageKind;
  /** Of the device or upstream; empty for the box. */
  readonly name: string;
  /** Of the box `power`, `restart`, `stopped`; of the others a stable code of theirs. */
  readonly why: string;
  /** ISO times, within the month. */
  readonly from: string;
  readonly until: string;
  /** It began before the month, or had not ended when the month or the counting did. */
  readonly beganBefore: boolean;
  readonly isOpen: boolean;
}

export interface SheetCounts {
  readonly alarms: number;
  readonly dissuaded: number;
  readonly false: number;
}

/** Figures of one month; times are those of the village. */
export interface MonthlySheet {
  /** `2026-11`. */
  readonly month: string;
  /** ISO times; `until` is not within, and lies in the future while the month lasts. */
  readonly from: string;
  readonly until: string;
  /** What happened until then is counted; `isSettled` where nothing later changes the sheet. */
  readonly countedUntil: string;
  readonly isSettled: boolean;
  readonly total: SheetCounts & {
    readonly outcomes: Readonly<Record<Outcome, number>>;
    readonly severities: Readonly<Record<Severity, number>>;
    /** Of those who were turned back, so many heard the horn for certain. */
    readonly dissuadedHeard: number;
  };
  /** What the box said by itself, once for each horn. */
  readonly voice: {
    readonly sounded: number;
    readonly heard: number;
    readonly silent: number;
    readonly failed: number;
  };
  /** Most alarms first. */
  readonly places: readonly (SheetCounts & { readonly place: string })[];
  /** One for each day of the month. */
  readonly days: readonly SheetCounts[];
  /** In order of time; where there are too many, the graver ones. */
  readonly alarms: readonly SheetAlarm[];
  readonly alarmsLeftOut: number;
  readonly outages: {
    readonly of: Readonly<Record<OutageKind, { readonly count: number; readonly seconds: number }>>;
    /** In order of time; where there are too many, the longer ones. */
    readonly list: readonly SheetOutage[];
    readonly leftOut: number;
  };
  /** How often a rule or a zone was paused, and what it would have raised meanwhile. */
  readonly pauses: { readonly count: number; readonly withheld: number };
  readonly gaps: {
    /** Events of about this month that were let go for want of room: they are counted nowhere. */
    readonly evicted: number;
    /** How often a damaged ledger was replaced: what the former one alone knew is counted nowhere. */
    readonly anew: number;
    /** Alarms whose time is not sure. */
    readonly unsure: number;
    /** ISO time of the first event, where the ledger knows of nothing before the month. */
    readonly firstAt?: string | undefined;
  };
}

/** The events that a sheet is counted from, in order, some at a time. */
export interface MonthEvents {
  /**
   * Those of a time and some before and after it; of all that was before, what tells of outages.
   * @throws GatewayError `ledger.*`.
   */
  between(fromMs: number, untilMs: number): AsyncIterable<readonly LedgerEvent[]>;
}
