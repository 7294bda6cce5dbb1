import type { Moment } from "./time.ts";

/** Highest first: what is higher pre-empts what is lower on the same speaker. */
export const PRIORITIES = ["emergency", "township", "local", "rule", "schedule", "drill"] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface BroadcastSource {
  readonly kind: "rule" | "person" | "township";
  /** Rule id, account name or upstream id. */
  readonly name: string;
}

/** A request to speak. `id` makes it idempotent: the same id is never spoken twice. */
export interface BroadcastOrder {
  readonly id: string;
  readonly source: BroadcastSource;
  readonly priority: Priority;
  readonly speakers: readonly string[];
  readonly text: string;
  /** 1 to 10 times. */
  readonly repeat: number;
  /** 0 to 100. */
  readonly volume: number;
  /** The alarm it belongs to, if any. */
  readonly alarm?: string | undefined;
}

export type BroadcastResult = "played" | "preempted" | "stopped" | "refused" | "failed";

/** How one broadcast ended on one speaker. */
export interface BroadcastOutcome {
  readonly broadcast: string;
  readonly speaker: string;
  readonly result: BroadcastResult;
  /** Stable code when the result is `refused` or `failed`. */
  readonly reason?: string | undefined;
  /** When the first sample was handed to the amplifier. */
  readonly soundedAt?: Moment | undefined;
}

/** What a speaker does right now; the page shows it. */
export interface SpeakerState {
  readonly speaker: string;
  readonly phase: "idle" | "settling" | "playing" | "holding";
  readonly order?: BroadcastOrder | undefined;
  readonly waiting: number;
  readonly since: Moment;
  /** Code of the last failure, until a broadcast is played again. */
  readonly fault?: string | undefined;
}
