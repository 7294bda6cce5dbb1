import type { Proof } from "./hearing.ts";
import type { Moment } from "./time.ts";

/** Highest first: what is higher pre-empts what is lower on the same speaker. */
export const PRIORITIES = ["emergency", "township", "local", "rule", "schedule", "drill"] as const;
export type Priority = (typeof PRIORITIES)[number];

export const SOURCE_KINDS = ["rule", "person", "township", "schedule", "drill"] as const;

/** Who ordered something. */
export interface BroadcastSource {
  readonly kind: (typeof SOURCE_KINDS)[number];
  /** Rule id, account name, upstream id, or id of the programme. */
  readonly name: string;
}

/** What is to be heard. */
export type BroadcastContent =
  | { readonly kind: "text"; readonly text: string }
  /** A recording of the clip shelf: `clip` is its id, `name` what people call it. */
  | { readonly kind: "clip"; readonly clip: string; readonly name: string; readonly sha256: string }
  /** Somebody's voice, as it comes in; `session` names where from. */
  | { readonly kind: "live"; readonly session: string };

/** A request to speak. `id` makes it idempotent: the same id is never spoken twice. */
export interface BroadcastOrder {
  readonly id: string;
  readonly source: BroadcastSource;
  readonly priority: Priority;
  readonly speakers: readonly string[];
  readonly content: BroadcastContent;
  /** 1 to 10 times; a live voice once. */
  readonly repeat: number;
  /** 0 to 100. */
  readonly volume: number;
  /** The alarm it belongs to, if any. */
  readonly alarm?: string | undefined;
  /** Waits until then; by the wall clock, so it waits for that to be known, too. */
  readonly notBeforeMs?: number | undefined;
  /** Is not begun after this; by the wall clock. */
  readonly expiresMs?: number | undefined;
  /** After something more important cut it off; absent: `drop`. A live voice is always dropped. */
  readonly whenPreempted?: "resume" | "drop" | undefined;
  /** Why it must be; asked for where it passes a guard that holds others. */
  readonly reason?: string | undefined;
  /** Who stands behind the order; of a machine, whom it names. */
  readonly person?: string | undefined;
  /** Somebody who is logged in gave it himself: no machine does. */
  readonly isByHand?: true | undefined;
  /** Where it came from, where that was over the network. */
  readonly address?: string | undefined;
}

export type BroadcastResult = "played" | "preempted" | "stopped" | "refused" | "failed";

/** How one broadcast ended on one speaker. */
export interface BroadcastOutcome {
  readonly broadcast: string;
  readonly speaker: string;
  readonly result: BroadcastResult;
  /** Stable code when the result is `refused` or `failed`, or when a guard stopped it. */
  readonly reason?: string | undefined;
  /** What a guard changed or overlooked, as stable codes. */
  readonly notes?: readonly string[] | undefined;
  /** As it was allowed to be heard, where it was. */
  readonly volume?: number | undefined;
  /** Who stopped it. */
  readonly by?: BroadcastSource | undefined;
  /** When the first sample was handed to the amplifier. */
  readonly soundedAt?: Moment | undefined;
  /** Whether it was heard; known a moment after the end. */
  readonly proof?: Proof | undefined;
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

/** Why an order does not sound yet: others speak, its time, an unknown clock, or a second observation that must agree. */
export type WaitsFor = "turn" | "time" | "clock" | "second_key";

export interface QueuedBroadcast {
  readonly order: BroadcastOrder;
  /** Those on which it waits. */
  readonly speakers: readonly string[];
  readonly waitsFor: WaitsFor;
}

export interface SpeakerGroup {
  readonly id: string;
  readonly name: string;
  readonly speakers: readonly string[];
}

/** An order that the ledger knows of. */
export interface KnownOrder {
  readonly order: BroadcastOrder;
  /** Speakers on which nothing ended it. */
  readonly open: readonly string[];
}

/** Orders as the ledger tells them. */
export interface OrderBook {
  find(id: string): Promise<KnownOrder | undefined>;
  /** Those that have not ended on every speaker, oldest first. */
  open(): Promise<readonly KnownOrder[]>;
}

/** Whether two orders under one id are one and the same. */
export function isSameOrder(a: BroadcastOrder, b: BroadcastOrder): boolean {
  return fingerprint(a) === fingerprint(b);
}

function fingerprint(order: BroadcastOrder): string {
  const { source, priority, speakers, content, repeat, volume, alarm, reason, person } = order;
  const { notBeforeMs, expiresMs, whenPreempted } = order;
  return JSON.stringify([
    [
      source.kind,
      source.name,
      priority,
      [...new Set(speakers)].sort(),
      // Two talks are never the same, whatever was said.
      content.kind === "live" ? content.session : Object.entries(contentData(content)).sort(),
    ],
    [repeat, volume, alarm, reason, person, notBeforeMs, expiresMs, whenPreempted].map(
      (part) => part ?? null,
    ),
  ]);
}

/** What was to be heard, as the ledger keeps it. */
export function contentData(content: BroadcastContent): Record<string, string | true> {
  switch (content.kind) {
    case "text":
      return { text: content.text };
    case "clip":
      return { clip: content.clip, clipName: content.name, sha256: content.sha256 };
    case "live":
      return { live: true };
  }
}
