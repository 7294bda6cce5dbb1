import {
  type BroadcastOrder,
  type BroadcastOutcome,
  type BroadcastSource,
  PRIORITIES,
  type SpeakerState,
} from "../core/broadcast.ts";
import type { Relay } from "../core/devices.ts";
import { errorCode, isAbort } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Speaker } from "../core/site.ts";
import type { Clock, Moment, Timer } from "../core/time.ts";
import type { Verdict } from "./guards.ts";
import { createAmplifierPower } from "./power.ts";
import type { SayOptions } from "./voice.ts";

/** Silence between two repetitions. */
const PAUSE_MS = 500;
/** Orders that may wait for one speaker; beyond that something is wrong with whoever gives them. */
const MAX_WAITING = 20;
/** Guards go by the minute. */
const MINUTE_MS = 60_000;

/** An order made ready for one speaker. */
export interface Utterance {
  readonly order: BroadcastOrder;
  readonly say: (options: SayOptions) => Promise<void>;
}

/** What keeps a speaker from sounding. */
export interface SpeakerGuard {
  /** Asked before each repetition and each minute while it sounds. @param begun whether it was heard already. */
  judge(order: BroadcastOrder, begun: boolean): Verdict;
  /** One broadcast sounds no longer than this, all its repetitions together. */
  readonly longestMs: number;
}

/** Why something was ended from outside. */
export interface Ending {
  readonly reason?: string | undefined;
  readonly by?: BroadcastSource | undefined;
}

export interface SpeakerChannel extends Part {
  readonly speaker: Speaker;
  readonly outcomes: Signal<BroadcastOutcome>;
  readonly changes: Signal<SpeakerState>;
  state(): SpeakerState;
  /** What waits, in the order in which it will be heard. */
  queue(): readonly BroadcastOrder[];
  /** Nothing sounds but what this allows; without, everything does. */
  guardBy(guard: SpeakerGuard): void;
  submit(utterance: Utterance): void;
  /** Ends the order if it waits or sounds here. */
  silence(broadcast: string, ending?: Ending): boolean;
  /** Something that the guard goes by has changed: what may not sound any more ends now. */
  recheck(): void;
}

/** An utterance with what was heard of it. */
interface Entry extends Utterance {
  turn: number;
  isSaid: boolean;
  heardMs: number;
  soundedAt?: Moment | undefined;
  volume?: number;
  readonly notes: Set<string>;
}

type Outcome = Omit<BroadcastOutcome, "broadcast" | "speaker">;

/**
 * One speaker: what has the higher priority speaks first and cuts off what has a lower one, which then is over or goes on with the
 * repetition that was cut off; what is equal waits. Order of things: relay on, settle, play, hold, relay off.
 */
export function createSpeakerChannel(
  dependencies: { readonly clock: Clock; readonly log: Logger },
  speaker: Speaker,
  relay: Relay | undefined,
): SpeakerChannel {
  const { clock } = dependencies;
  const log = dependencies.log.child({ speaker: speaker.id });
  const outcomes = createSignal<BroadcastOutcome>();
  const changes = createSignal<SpeakerState>();
  let waiting: Entry[] = [];
  let current: { readonly entry: Entry; readonly abort: AbortController; ending?: Outcome } | undefined;
  let guard: SpeakerGuard | undefined;
  let holding: AbortController | undefined;
  let working: Promise<void> | undefined;
  let stopped = true;
  let fault: string | undefined;
  let phase: SpeakerState["phase"] = "idle";
  let since: Moment = clock.now();
  /** The hold counts from here: whatever comes and is not heard must not keep the amplifier on. */
  let quietSinceMs: number | undefined;

  const power = createAmplifierPower(
    { clock, log },
    relay,
    { settleMs: speaker.settleMs, maxOnMs: speaker.maxOnSeconds * 1000 },
    () => end({ result: "failed", reason: "speaker.max_on" }),
  );

  const faultNow = (): string | undefined => fault ?? power.fault;
  const state = (): SpeakerState => ({
    speaker: speaker.id,
    phase,
    order: current?.entry.order,
    waiting: waiting.length,
    since,
    fault: faultNow(),
  });
  function enter(next: SpeakerState["phase"]): void {
    phase = next;
    since = clock.now();
    changes.emit(state());
  }
  function end(ending: Outcome): void {
    if (!current) return;
    current.ending ??= ending;
    current.abort.abort();
  }
  function finish({ order, soundedAt, volume, notes }: Entry, outcome: Outcome): void {
    const heard = {
      ...(volume !== undefined && { volume }),
      ...(notes.size > 0 && { notes: [...notes].sort() }),
    };
    outcomes.emit({ broadcast: order.id, speaker: speaker.id, ...outcome, soundedAt, ...heard });
  }
  function judge({ order, soundedAt }: Entry): Verdict {
    const { volume, repeat } = order;
    return guard?.judge(order, soundedAt !== undefined) ?? { may: true, volume, repeat, notes: [] };
  }
  /** How something ends that a guard does not allow: as refused if nobody heard any of it. */
  function denied({ soundedAt }: Entry, reason: string): Outcome {
    return { result: soundedAt ? "stopped" : "refused", reason };
  }

  async function perform(entry: Entry): Promise<void> {
    const verdict = judge(entry);
    if (!verdict.may) return finish(entry, denied(entry, verdict.reason));
    const { order } = entry;
    if (!power.isOn) quietSinceMs = undefined;
    const abort = new AbortController();
    const active: NonNullable<typeof current> = { entry, abort };
    current = active;
    let limits: Timer | undefined;
    let outcome: Outcome = { result: "played" };
    const begunMs = clock.now().monotonicMs;
    try {
      enter("settling");
      await power.on(abort.signal);
      enter("playing");
      limits = limit(entry);
      await sayAll(entry, abort.signal);
      if (!active.ending) fault = undefined;
    } catch (error) {
      if (!active.ending || !isAbort(error)) {
        fault = errorCode(error);
        log.error({ code: fault, broadcast: order.id, error: String(error) }, "broadcast failed");
        outcome = { result: "failed", reason: fault };
      }
    } finally {
      limits?.cancel();
      beQuiet();
    }
    entry.heardMs += clock.now().monotonicMs - begunMs;
    current = undefined;
    if (active.ending?.result !== "preempted") return finish(entry, active.ending ?? outcome);
    if (entry.isSaid) return finish(entry, { result: "played" });
    if (!resumes(order)) return finish(entry, active.ending);
    // Before its equals: it was its turn.
    waiting = byRank([entry, ...waiting]);
  }

  function beQuiet(): void {
    quietSinceMs ??= clock.now().monotonicMs;
  }

  async function sayAll(entry: Entry, signal: AbortSignal): Promise<void> {
    const { say } = entry;
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      if (!isFirst) await clock.sleep(PAUSE_MS, signal);
      const verdict = judge(entry);
      if (!verdict.may) return end(denied(entry, verdict.reason));
      for (const note of verdict.notes) entry.notes.add(note);
      entry.volume = verdict.volume;
      await say({
        volume: verdict.volume,
        signal,
        onSound: () => {
          quietSinceMs = undefined;
          entry.soundedAt ??= clock.now();
        },
      });
      beQuiet();
      if (signal.aborted) return;
      entry.turn += 1;
      entry.isSaid = entry.turn >= verdict.repeat;
      if (entry.isSaid) return;
    }
  }

  /** The longest time of one broadcast, and what each minute forbids. */
  function limit({ heardMs }: Entry): Timer | undefined {
    if (!guard) return undefined;
    const over = (): void => end({ result: "stopped", reason: "guard.longest" });
    const longest = clock.after(Math.max(0, guard.longestMs - heardMs), over);
    let minute: Timer;
    const watch = (): void => {
      const { wallMs } = clock.now();
      const leftMs = MINUTE_MS - (((wallMs % MINUTE_MS) + MINUTE_MS) % MINUTE_MS);
      minute = clock.after(leftMs, () => {
        watch();
        recheckCurrent();
      });
    };
    watch();
    return {
      cancel() {
        longest.cancel();
        minute.cancel();
      },
    };
  }

  function recheckCurrent(): void {
    if (!current) return;
    const verdict = judge(current.entry);
    if (!verdict.may) end(denied(current.entry, verdict.reason));
  }

  function resumes({ whenPreempted, content }: BroadcastOrder): boolean {
    return whenPreempted === "resume" && content.kind !== "live" && !stopped;
  }

  /** Keeps the amplifier on for a while after the last word, unless something comes. */
  async function hold(): Promise<void> {
    if (!power.isOn || stopped) return;
    const nowMs = clock.now().monotonicMs;
    const leftMs = (quietSinceMs ?? nowMs) + speaker.holdMs - nowMs;
    if (leftMs <= 0) return;
    holding = new AbortController();
    enter("holding");
    try {
      await clock.sleep(leftMs, holding.signal);
    } catch (error) {
      if (!isAbort(error)) throw error;
    } finally {
      holding = undefined;
    }
  }

  /** Speaks until nothing waits and the hold is over, then switches off. */
  async function work(): Promise<void> {
    try {
      do {
        for (let next = waiting.shift(); next; next = waiting.shift()) await perform(next);
        await hold();
      } while (waiting.length > 0);
    } finally {
      await power.off();
      enter("idle");
    }
  }

  function wake(): void {
    holding?.abort();
    working ??= work()
      .catch((error: unknown) => log.error({ error: String(error) }, "speaker channel failed"))
      .finally(() => {
        working = undefined;
        if (waiting.length > 0 && !stopped) wake();
      });
  }

  return {
    name: `speaker ${speaker.id}`,
    health() {
      const name = `speaker ${speaker.id}`;
      const reason = faultNow();
      return reason ? { name, status: "degraded", reason } : { name, status: "ok" };
    },
    speaker,
    outcomes,
    changes,
    state,
    queue: () => waiting.map(({ order }) => order),
    guardBy(next) {
      guard = next;
    },
    submit(utterance) {
      const { order } = utterance;
      const entry: Entry = { ...utterance, turn: 0, isSaid: false, heardMs: 0, notes: new Set() };
      if (stopped) return finish(entry, { result: "refused", reason: "speaker.stopped" });
      waiting = byRank([...waiting, entry]);
      const surplus = waiting.length > MAX_WAITING ? waiting.pop() : undefined;
      if (surplus) finish(surplus, { result: "refused", reason: "speaker.busy" });
      if (surplus === entry) return;
      if (current && rank(order) < rank(current.entry.order)) end({ result: "preempted" });
      wake();
      changes.emit(state());
    },
    silence(broadcast, ending = {}) {
      const silenced = waiting.filter(({ order }) => order.id === broadcast);
      waiting = waiting.filter(({ order }) => order.id !== broadcast);
      for (const entry of silenced) finish(entry, { result: "stopped", ...ending });
      if (silenced.length > 0) changes.emit(state());
      if (current?.entry.order.id !== broadcast) return silenced.length > 0;
      end({ result: "stopped", ...ending });
      return true;
    },
    recheck() {
      recheckCurrent();
      for (const entry of [...waiting]) {
        const verdict = judge(entry);
        if (verdict.may) continue;
        waiting = waiting.filter((other) => other !== entry);
        finish(entry, denied(entry, verdict.reason));
      }
      changes.emit(state());
    },
    async start() {
      stopped = false;
      await power.off();
    },
    async stop() {
      stopped = true;
      for (const entry of waiting.splice(0)) finish(entry, { result: "stopped" });
      end({ result: "stopped" });
      holding?.abort();
      // The relay first: a player that hangs must not keep the horn on.
      await power.close();
      await working;
    },
  };
}

/** Sorting is stable: equals stay in the order in which they came. */
function byRank(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => rank(a.order) - rank(b.order));
}

function rank(order: BroadcastOrder): number {
  return PRIORITIES.indexOf(order.priority);
}
