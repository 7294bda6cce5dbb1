import type { AlarmEvidence, ClipOrder } from "./footage.ts";
import type { Detector, Observation } from "./observation.ts";
import type { AlarmReport } from "./report.ts";
import type { Severity } from "./site.ts";
import type { Moment } from "./time.ts";

/** What a rule asks to be raised; becomes an `Alarm` and an event. */
export interface AlarmRaise {
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  /** Absent: none is taken. */
  readonly evidence?: AlarmEvidence | undefined;
  /** What is asked of whoever reads it: nobody knows what became of them. */
  readonly question?: Question | undefined;
  /** The observation that broke the rule. */
  readonly because: Observation;
  /** Ids of the tracks in it for which the rule acts; absent where the detector follows nobody. */
  readonly raisedBy?: readonly number[] | undefined;
}

/** Somebody who stood at the water is `gone`, or is `lying` there. */
export type Question = "gone" | "lying";

export type AlarmStatus = "raised" | "escalated" | "acknowledged" | "cleared";

/** What somebody wrote for whoever comes next. */
export interface AlarmNote {
  /** ISO time. */
  readonly at: string;
  readonly by: string;
  readonly text: string;
}

export const LONGEST_NOTE = 500;
/** Of one alarm; whoever has more to say writes a report. */
export const MOST_NOTES = 50;

/** An alarm's life as the page shows it; rebuilt from the ledger at start. */
export interface Alarm {
  readonly id: string;
  readonly rule: string;
  readonly severity: Severity;
  readonly status: AlarmStatus;
  readonly raisedAt: string;
  /** Number of the event in the ledger that raised it. */
  readonly seq: number;
  /** Which means found it, where a camera saw it. */
  readonly detector?: Detector | undefined;
  /** Of the detector, 0 to 1, of one look; and what all looks at it have said (`SeenTrack.sureness`). */
  readonly score?: number | undefined;
  readonly sureness?: number | undefined;
  readonly question?: Question | undefined;
  readonly acknowledgedBy?: string | undefined;
  /** Who called it a false alarm, unless that was withdrawn. */
  readonly falseBy?: string | undefined;
  /** Oldest first; absent while there are none. */
  readonly notes?: readonly AlarmNote[] | undefined;
  /** From the spot, oldest first; absent while there are none. */
  readonly reports?: readonly AlarmReport[] | undefined;
  /** SHA-256 of the snapshot, once there is one. */
  readonly snapshot?: string | undefined;
  /** SHA-256 of the same picture with box, path and zone drawn in, once there is one. */
  readonly drawing?: string | undefined;
  /** SHA-256 of the clip, once there is one. */
  readonly clip?: string | undefined;
  /** Stable code of why there is no clip, where one was wanted. */
  readonly noClip?: string | undefined;
}

/** Alarms as the ledger tells them. */
export interface AlarmBook {
  get(id: string): Promise<Alarm | undefined>;
  /** Those not yet cleared, newest first. */
  open(): Promise<Alarm[]>;
  /** Newest first. */
  latest(limit: number): Promise<Alarm[]>;
  /** Those that were raised, newest first. */
  past(query: PastAlarms): Promise<Alarm[]>;
}

export interface PastAlarms {
  /** Whose event came before this seq. */
  readonly beforeSeq?: number | undefined;
  /** ISO times, as they were recorded; `until` is not within. */
  readonly from?: string | undefined;
  readonly until?: string | undefined;
  /** Of these rules alone. */
  readonly rules?: readonly string[] | undefined;
  readonly limit: number;
}

/** Which alarms still wait for their clip. */
export interface AlarmClipBook {
  /** Oldest first; at most 100. */
  withoutClip(): Promise<ClipOrder[]>;
}

/** What the rules want done; `main.ts` carries it to the rooms that do it. */
export type Effect =
  | {
      readonly kind: "say";
      readonly rule: string;
      readonly alarm: string;
      readonly text: string;
      readonly speakers: readonly string[];
      readonly repeat: number;
      readonly volume: number;
      readonly emergency?: boolean | undefined;
    }
  | {
      readonly kind: "look";
      readonly rule: string;
      readonly alarm: string;
      readonly camera: string;
      readonly preset: string;
    }
  | {
      readonly kind: "switch-on";
      readonly rule: string;
      readonly alarm: string;
      readonly switches: readonly string[];
      readonly forSeconds: number;
    }
  /** What was switched on for the alarm goes off. */
  | { readonly kind: "switch-off"; readonly alarm: string }
  | { readonly kind: "raise"; readonly alarm: AlarmRaise; readonly at: Moment }
  | {
      readonly kind: "escalate";
      readonly alarm: string;
      readonly step: number;
      /** The alarm is as grave as this from now on. */
      readonly severity?: Severity | undefined;
      readonly at: Moment;
    }
  | { readonly kind: "clear"; readonly alarm: string; readonly at: Moment };
