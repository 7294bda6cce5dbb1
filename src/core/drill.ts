import type { BroadcastSource } from "./broadcast.ts";

// 演练: the whole chain of a speaker at low volume, from the relay to the ear, with a record of it.

export interface DrillPlan {
  readonly text: string;
  /** 1 to 60. */
  readonly volume: number;
  /** Absent: only when a person starts one. */
  readonly weekly?:
    | {
        /** ISO weekday, 1 (Monday) to 7. */
        readonly weekday: number;
        /** Minutes since local midnight. */
        readonly minute: number;
      }
    | undefined;
}

export const DRILL_STEPS = ["relay", "settle", "sound", "heard", "off"] as const;

/** `skipped`: this speaker has no such step; `unknown`: nothing there could tell. */
export const STEP_RESULTS = ["passed", "failed", "unknown", "skipped"] as const;

export interface DrillStep {
  readonly step: (typeof DRILL_STEPS)[number];
  readonly result: (typeof STEP_RESULTS)[number];
  /** How long it took. */
  readonly tookMs?: number | undefined;
  /** Stable code. */
  readonly reason?: string | undefined;
}

/** `unproven`: nothing failed, but nobody can tell whether it was heard; `not-held`: it never came to sounding. */
export const DRILL_RESULTS = ["passed", "unproven", "failed", "not-held"] as const;
export type DrillResult = (typeof DRILL_RESULTS)[number];

/** The record of one drill on one speaker. */
export interface DrillRecord {
  /** Of the broadcast, too. */
  readonly id: string;
  readonly speaker: string;
  readonly startedAt: string;
  readonly result: DrillResult;
  /** Code why it was not held. */
  readonly reason?: string | undefined;
  /** Steps that passed, of those there are. */
  readonly score: { readonly passed: number; readonly of: number };
  readonly steps: readonly DrillStep[];
  /** Who ordered it: a person, or the calendar. */
  readonly by: BroadcastSource;
  readonly volume: number;
  readonly text: string;
}

export interface DrillView {
  readonly speaker: string;
  readonly running: boolean;
  readonly last?: DrillRecord | undefined;
  /** Since when the weekly drill should have been held. */
  readonly overdueSince?: string | undefined;
}

export interface DrillsView {
  readonly plan: DrillPlan;
  /** Absent without a weekly drill, and while the time is not known. */
  readonly next?: string | undefined;
  readonly speakers: readonly DrillView[];
}

/** Drills as the ledger tells them. */
export interface DrillBook {
  /** Newest first. */
  drills(speaker: string, limit: number): Promise<readonly DrillRecord[]>;
}

export interface DrillDesk {
  view(): DrillsView;
  /** Newest first, at most 100. @throws GatewayError `drill.no_such_speaker` (permanent). */
  history(speaker: string): Promise<readonly DrillRecord[]>;
  /**
   * Holds a drill on each speaker, one after the other; returns at once.
   * @throws GatewayError `drill.no_such_speaker` (permanent), `drill.running` (transient).
   */
  begin(speakers: readonly string[], by: BroadcastSource): void;
}

/** The result that follows from the steps. */
export function resultOf(steps: readonly DrillStep[]): DrillResult {
  if (steps.some(({ result }) => result === "failed")) return "failed";
  return steps.some(({ result }) => result === "unknown") ? "unproven" : "passed";
}
