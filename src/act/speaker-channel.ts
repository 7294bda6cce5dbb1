import {
  type BroadcastOrder,
  type BroadcastOutcome,
  PRIORITIES,
  type SpeakerState,
} from "../core/broadcast.ts";
import type { Relay } from "../core/devices.ts";
import { errorCode, isAbort } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Speaker } from "../core/site.ts";
import type { Clock, Moment } from "../core/time.ts";
import { createAmplifierPower } from "./power.ts";
import type { SayOptions } from "./voice.ts";

/** Silence between two repetitions. */
const PAUSE_MS = 500;
/** Orders that may wait for one speaker; beyond that something is wrong with whoever gives them. */
const MAX_WAITING = 20;

/** An order made ready for one speaker. */
export interface Utterance {
  readonly order: BroadcastOrder;
  readonly say: (options: SayOptions) => Promise<void>;
}

export interface SpeakerChannel extends Part {
  readonly speaker: Speaker;
  readonly outcomes: Signal<BroadcastOutcome>;
  readonly changes: Signal<SpeakerState>;
  state(): SpeakerState;
  submit(utterance: Utterance): void;
  /** Ends the order if it waits or sounds here. */
  silence(broadcast: string): boolean;
}

type Ending = "preempted" | "stopped" | "speaker.max_on";

/**
 * One speaker: what has the higher priority speaks first and cuts off what has a lower one; what is equal waits.
 * Order of things: relay on, settle, play, hold, relay off.
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
  let waiting: Utterance[] = [];
  let current:
    | { readonly order: BroadcastOrder; readonly abort: AbortController; ending?: Ending }
    | undefined;
  let holding: AbortController | undefined;
  let working: Promise<void> | undefined;
  let stopped = true;
  let fault: string | undefined;
  let phase: SpeakerState["phase"] = "idle";
  let since: Moment = clock.now();

  const power = createAmplifierPower(
    { clock, log },
    relay,
    { settleMs: speaker.settleMs, maxOnMs: speaker.maxOnSeconds * 1000 },
    () => end("speaker.max_on"),
  );

  const faultNow = (): string | undefined => fault ?? power.fault;
  const state = (): SpeakerState => ({
    speaker: speaker.id,
    phase,
    order: current?.order,
    waiting: waiting.length,
    since,
    fault: faultNow(),
  });
  function enter(next: SpeakerState["phase"]): void {
    phase = next;
    since = clock.now();
    changes.emit(state());
  }
  function end(ending: Ending): void {
    if (!current) return;
    current.ending ??= ending;
    current.abort.abort();
  }
  function finish(order: BroadcastOrder, outcome: Omit<BroadcastOutcome, "broadcast" | "speaker">): void {
    outcomes.emit({ broadcast: order.id, speaker: speaker.id, ...outcome });
  }

  async function perform({ order, say }: Utterance): Promise<void> {
    const abort = new AbortController();
    const active: NonNullable<typeof current> = { order, abort };
    current = active;
    let soundedAt: Moment | undefined;
    let outcome: Omit<BroadcastOutcome, "broadcast" | "speaker"> = { result: "played" };
    try {
      enter("settling");
      await power.on(abort.signal);
      enter("playing");
      for (let turn = 0; turn < order.repeat && !abort.signal.aborted; turn++) {
        if (turn > 0) await clock.sleep(PAUSE_MS, abort.signal);
        await say({
          volume: order.volume,
          signal: abort.signal,
          onSound: () => {
            soundedAt ??= clock.now();
          },
        });
      }
      if (!active.ending) fault = undefined;
    } catch (error) {
      if (!active.ending || !isAbort(error)) {
        fault = errorCode(error);
        log.error({ code: fault, broadcast: order.id, error: String(error) }, "broadcast failed");
        outcome = { result: "failed", reason: fault };
      }
    }
    const { ending } = active;
    if (ending === "speaker.max_on") outcome = { result: "failed", reason: ending };
    else if (ending) outcome = { result: ending };
    current = undefined;
    finish(order, { ...outcome, soundedAt });
  }

  /** Keeps the amplifier on for a while after the last word, unless something comes. */
  async function hold(): Promise<void> {
    if (!power.isOn || stopped) return;
    holding = new AbortController();
    enter("holding");
    try {
      await clock.sleep(speaker.holdMs, holding.signal);
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
    submit(utterance) {
      const { order } = utterance;
      if (stopped) return finish(order, { result: "refused", reason: "speaker.stopped" });
      // Sorting is stable: equals stay in the order in which they came.
      waiting = [...waiting, utterance].sort((a, b) => rank(a.order) - rank(b.order));
      const surplus = waiting.length > MAX_WAITING ? waiting.pop() : undefined;
      if (surplus) finish(surplus.order, { result: "refused", reason: "speaker.busy" });
      if (surplus === utterance) return;
      if (current && rank(order) < rank(current.order)) end("preempted");
      wake();
      changes.emit(state());
    },
    silence(broadcast) {
      const silenced = waiting.filter(({ order }) => order.id === broadcast);
      waiting = waiting.filter(({ order }) => order.id !== broadcast);
      for (const { order } of silenced) finish(order, { result: "stopped" });
      if (silenced.length > 0) changes.emit(state());
      if (current?.order.id !== broadcast) return silenced.length > 0;
      end("stopped");
      return true;
    },
    async start() {
      stopped = false;
      await power.off();
    },
    async stop() {
      stopped = true;
      for (const { order } of waiting.splice(0)) finish(order, { result: "stopped" });
      end("stopped");
      holding?.abort();
      // The relay first: a player that hangs must not keep the horn on.
      await power.close();
      await working;
    },
  };
}

function rank(order: BroadcastOrder): number {
  return PRIORITIES.indexOf(order.priority);
}
