import type { Question } from "../core/alarm.ts";
import type { Observation } from "../core/observation.ts";
import type { Stay } from "./stays.ts";
import type { Watched } from "./vanished.ts";

/** An alarm that this rule raised and that is not over. Times are monotonic milliseconds. */
export interface OpenAlarm {
  readonly id: string;
  readonly raisedMs: number;
  /** Escalation steps already taken. */
  readonly steps: number;
  readonly acknowledged: boolean;
}

/** A condition that holds. Times are monotonic milliseconds. */
export interface Met {
  /** Since when without a break; infinite once a person has seen to it. */
  readonly sinceMs: number;
  readonly lastMs: number;
  /** The observation that shows it. */
  readonly because: Observation;
  readonly question?: Question | undefined;
}

/** Everything a rule remembers. Times are monotonic milliseconds. */
export interface RuleState {
  readonly met: Met | null;
  readonly alarm: OpenAlarm | null;
  /** When it last raised an alarm, or spoke again to who came back. */
  readonly lastRaisedMs: number | null;
  /** Who is or was in the zone, of rules that watch people there. */
  readonly stays: readonly Stay[];
  /** Who would be missed. */
  readonly watched: readonly Watched[];
}

export const IDLE: RuleState = { met: null, alarm: null, lastRaisedMs: null, stays: [], watched: [] };
