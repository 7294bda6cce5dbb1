import type { BroadcastOutcome, SpeakerState } from "../core/broadcast.ts";
import type { EventDraft } from "../core/event.ts";
import type { Proof, SilentSpeaker } from "../core/hearing.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Speaker } from "../core/site.ts";
import { type Clock, within } from "../core/time.ts";
import { createSentLevels } from "./sent-levels.ts";
import type { Saying } from "./voice.ts";
import type { Listening, Take, Witness } from "./witness.ts";

/** What was sent last may come in this much later. */
const TAIL_MS = 2500;
/** A file that cannot be read keeps no verdict longer than this. */
const VERDICT_MS = 3000;

const NO_MEANS: Proof = { heard: "unknown", reason: "hearing.no_means" };
const NOTHING_SENT: Proof = { heard: "unknown", reason: "hearing.nothing_sent" };

export interface HearingDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** Takes an event for the ledger; never throws. */
  readonly record: (draft: EventDraft) => void;
  /** By speaker; those that have none are never proven. */
  readonly witnesses: ReadonlyMap<string, Witness>;
  /** Speakers that an earlier run did not hear. */
  readonly silent: readonly SilentSpeaker[];
}

/** What the road to the horns needs of it. Nothing that sounds ever waits; only the ledger's last word on a broadcast does. */
export interface Hearing {
  /** Listens whenever this speaker is at work. */
  follow(channel: { readonly speaker: Speaker; readonly changes: Signal<SpeakerState> }): void;
  /** The same words, with an eye on when each repetition was sent. */
  beside(broadcast: string, speaker: string, say: Saying): Saying;
  /** What is known of a broadcast that has ended here. Never rejects. */
  conclude(outcome: BroadcastOutcome): Promise<Proof>;
}

/** Listens beside every broadcast. */
export interface HearingDesk extends Hearing, Part {
  /** Speakers that were switched on and not heard, since when. */
  silent(): readonly SilentSpeaker[];
  /** Each outcome once more, with what is known then of whether it was heard. */
  readonly proofs: Signal<BroadcastOutcome & { readonly proof: Proof }>;
  readonly changes: Signal<void>;
}

/** One broadcast on one speaker. */
interface Case {
  readonly takes: Take[];
  listening: Listening | undefined;
}

interface Place {
  readonly witness: Witness;
  readonly cases: Map<string, Case>;
  /** Open while the speaker is at work. */
  listening: Listening | undefined;
  isBusy: boolean;
  /** Verdicts that still need the device. */
  pending: number;
}

export function createHearingDesk(dependencies: HearingDependencies): HearingDesk {
  const { clock, log, record, witnesses } = dependencies;
  const places = new Map<string, Place>();
  const silent = new Map(dependencies.silent.map((one) => [one.speaker, one]));
  const changes = createSignal<void>();
  const proofs = createSignal<BroadcastOutcome & { readonly proof: Proof }>();
  const stopping = new AbortController();
  const concluding = new Set<Promise<Proof>>();
  /** Devices that were let go and have not ended yet. */
  const closing = new Set<Promise<unknown>>();
  const nowMs = (): number => clock.now().monotonicMs;

  function close(place: Place): void {
    const { listening } = place;
    if (!listening) return;
    place.listening = undefined;
    const ended: Promise<unknown> = listening.close().finally(() => closing.delete(ended));
    closing.add(ended);
  }

  function letGo(place: Place): void {
    if (!place.isBusy && place.pending === 0) close(place);
  }

  function onState(place: Place, { phase, order }: SpeakerState): void {
    place.isBusy = phase !== "idle";
    if (!place.isBusy) letGo(place);
    if (!place.isBusy || !order || stopping.signal.aborted) return;
    const found = place.cases.get(order.id);
    if (!found || found.listening) return;
    if (place.listening?.isSpent) close(place);
    place.listening ??= place.witness.listen();
    found.listening = place.listening;
  }

  async function verdict(place: Place, { takes, listening }: Case): Promise<Proof> {
    const last = takes.at(-1);
    if (!listening || !last) return NOTHING_SENT;
    const leftMs = Math.max(0, last.endMs + TAIL_MS - nowMs());
    place.pending++;
    try {
      await clock.sleep(leftMs, stopping.signal).catch(() => {});
      return await within(clock, VERDICT_MS, "the verdict", listening.judge(takes)).catch(
        (): Proof => ({ heard: "unknown", by: place.witness.kind, reason: "hearing.too_slow" }),
      );
    } finally {
      place.pending--;
      letGo(place);
    }
  }

  function proofOf({ broadcast, speaker, soundedAt }: BroadcastOutcome): Proof | Promise<Proof> {
    const place = places.get(speaker);
    const found = place?.cases.get(broadcast);
    place?.cases.delete(broadcast);
    if (!soundedAt) return NOTHING_SENT;
    if (!place) return NO_MEANS;
    return found ? verdict(place, found) : NOTHING_SENT;
  }

  async function conclude(outcome: BroadcastOutcome): Promise<Proof> {
    const proof = await proofOf(outcome);
    note(outcome, proof);
    proofs.emit({ ...outcome, proof });
    return proof;
  }

  function note({ broadcast, speaker }: BroadcastOutcome, { heard, by, reason }: Proof): void {
    const before = silent.get(speaker);
    if (heard === "unknown" || (heard === "not-heard") === (before !== undefined)) return;
    const data = { speaker, broadcast, by, ...(reason !== undefined && { reason }) };
    const kind = heard === "not-heard" ? "raised" : "cleared";
    if (heard === "not-heard") silent.set(speaker, { speaker, sinceMs: clock.now().wallMs });
    else silent.delete(speaker);
    log.warn(data, heard === "not-heard" ? "a horn was switched on and not heard" : "a horn is heard again");
    record({ type: `org.cunshao.speaker.silent.${kind}`, class: "state", subject: speaker, data });
    changes.emit();
  }

  return {
    name: "hearing",
    changes,
    proofs,
    silent: () => [...silent.values()],
    health() {
      const [first] = silent.keys();
      if (first === undefined) return { name: "hearing", status: "ok" };
      return { name: "hearing", status: "degraded", reason: "hearing.no_sound" };
    },
    follow({ speaker, changes: states }) {
      const witness = witnesses.get(speaker.id);
      if (!witness) return;
      const place: Place = { witness, cases: new Map(), listening: undefined, isBusy: false, pending: 0 };
      places.set(speaker.id, place);
      states.on((state) => onState(place, state));
    },
    beside(broadcast, speaker, say) {
      const place = places.get(speaker);
      if (!place) return say;
      const takes: Take[] = [];
      place.cases.set(broadcast, { takes, listening: undefined });
      const watched: Saying = async (options) => {
        let startMs: number | undefined;
        const sent = createSentLevels(place.witness);
        try {
          await say({
            ...options,
            onSent: sent.add,
            onSound() {
              startMs ??= nowMs();
              options.onSound();
            },
          });
        } finally {
          if (startMs !== undefined) {
            takes.push({ sound: say.sound, levels: sent.levels(), startMs, endMs: nowMs() });
          }
        }
      };
      return Object.assign(watched, { sound: say.sound });
    },
    conclude(outcome) {
      const concluded = conclude(outcome).finally(() => concluding.delete(concluded));
      concluding.add(concluded);
      return concluded;
    },
    async start() {},
    async stop() {
      stopping.abort();
      await Promise.all(concluding);
      for (const place of places.values()) close(place);
      await Promise.all(closing);
    },
  };
}
