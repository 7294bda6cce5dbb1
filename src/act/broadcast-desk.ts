import {
  type BroadcastOrder,
  type BroadcastOutcome,
  type BroadcastSource,
  isSameOrder,
  type OrderBook,
  PRIORITIES,
  type QueuedBroadcast,
  type SpeakerGroup,
  type WaitsFor,
} from "../core/broadcast.ts";
import type { SoundingProbe } from "../core/devices.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { EventDraft } from "../core/event.ts";
import type { HornLimits } from "../core/horn-limits.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { RightOfWay } from "../core/right-of-way.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Clock } from "../core/time.ts";
import { finishedDraft, orderedDraft, refusedDraft } from "./broadcast-events.ts";
import { faultOf, type GuardContext, judgeDate, judgeSpeaking, keysNeeded } from "./guards.ts";
import type { Hearing } from "./hearing-desk.ts";
import { createReadyWords, type ReadyWords } from "./ready-words.ts";
import { createSameWords } from "./same-words.ts";
import type { SecondKeys } from "./second-keys.ts";
import { createSourceRate } from "./source-rate.ts";
import type { Ending, SpeakerChannel } from "./speaker-channel.ts";
import type { Voice } from "./voice.ts";
import { createWaitingRoom, type WaitVerdict } from "./waiting-room.ts";

/** Ids remembered without asking the ledger, so that a repeated request speaks once. */
const MAX_REMEMBERED = 1000;

export interface SpeakerOutlet {
  readonly channel: SpeakerChannel;
  readonly voice: Voice;
  /** Asks its own devices whether it sounds; absent where none can be asked. */
  readonly probe?: SoundingProbe | undefined;
}

export interface DeskDependencies {
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  readonly timezone: string;
  readonly limits: HornLimits;
  readonly groups: readonly SpeakerGroup[];
  readonly book: OrderBook;
  readonly keys: SecondKeys;
  readonly hearing: Hearing;
  readonly rightOfWay: Pick<RightOfWay, "take">;
  /** Takes an event for the ledger; never throws. */
  readonly record: (draft: EventDraft) => void;
  readonly log: Logger;
}

export interface BroadcastDesk extends Part, ReadyWords {
  /**
   * Takes an order for all its speakers; each ends with an event of its own. What is refused on all of them is one event.
   * @throws GatewayError with the refusal (permanent): `broadcast.*`, `guard.*`. The same order again does nothing.
   */
  submit(order: BroadcastOrder): void;
  /** `submit`, where an id may be one of an earlier run. Throws like it. */
  take(order: BroadcastOrder): Promise<void>;
  silence(broadcast: string, by?: BroadcastSource): boolean;
  /** Somebody saw to the alarm, or it is over: what its rule has to say ends, `all` or what nobody hears yet. */
  hush(alarm: string, what: "all" | "waiting"): void;
  /** While closed nothing sounds. */
  kill(closed: boolean): void;
  queue(): readonly QueuedBroadcast[];
  readonly changes: Signal<void>;
}

interface Job {
  readonly order: BroadcastOrder;
  readonly speaker: string;
  /** It waits at the speaker, or is over. */
  readonly ready: Promise<void>;
}

/** The one road to the horns: rules, people, the township, programmes and drills hand their orders in here. */
export function createBroadcastDesk(
  dependencies: DeskDependencies,
  outlets: ReadonlyMap<string, SpeakerOutlet>,
): BroadcastDesk {
  const { clock, isClockSynced, timezone, limits, groups, book, keys, hearing, record, log } = dependencies;
  const { rightOfWay } = dependencies;
  /** With the speakers on which each has not ended. */
  const orders = new Map<string, { readonly order: BroadcastOrder; readonly open: Set<string> }>();
  const preparing = new Set<Job>();
  /** Of whom nothing was heard yet, by broadcast and speaker: how to let others pass. */
  const due = new Map<string, () => void>();
  const changes = createSignal<void>();
  const rate = createSourceRate(clock, limits.mostPerMinute);
  const words = createReadyWords({ clock, log }, (named) =>
    speakersOf(named).flatMap((id) => outlets.get(id)?.voice ?? []),
  );
  const sameWords = createSameWords(clock, limits.sameWordsSeconds * 1000);
  const room = createWaitingRoom(clock, { judge: judgeWait, go: begin, refuse: refuseLate });
  /** Orders of an earlier run. */
  const recovered = new Set<string>();
  const startedMs = clock.now().monotonicMs;
  let isKilled = false;

  for (const { channel } of outlets.values()) {
    hearing.follow(channel);
    channel.outcomes.on(finish);
    channel.changes.on(() => changes.emit());
    channel.guardBy({
      longestMs: limits.longestSeconds * 1000,
      judge(order, begun) {
        const date = begun ? { state: "due" as const } : judgeDate(order, context());
        if (date.state === "refused") return { may: false, reason: date.reason };
        return judgeSpeaking(order, channel.speaker.id, context());
      },
    });
  }
  keys.turned.on(() => room.look());

  /** When this run began, by what the clock shows now. */
  const startedWallMs = (): number => clock.now().wallMs - (clock.now().monotonicMs - startedMs);
  const context = (): GuardContext => ({
    now: clock.now(),
    timezone,
    clockSynced: isClockSynced(),
    limits,
    isKilled,
  });

  function letPass(broadcast: string, speaker: string): void {
    const key = `${broadcast} ${speaker}`;
    due.get(key)?.();
    due.delete(key);
  }

  function finish(outcome: BroadcastOutcome): void {
    letPass(outcome.broadcast, outcome.speaker);
    const { order, open } = orders.get(outcome.broadcast) ?? {};
    // Whatever comes together, it ends once.
    if (open && !open.delete(outcome.speaker)) return;
    if (order) sameWords.ended(order, outcome);
    void hearing.conclude(outcome).then((proof) => record(finishedDraft({ ...outcome, proof }, order)));
    changes.emit();
  }

  function refuse(order: BroadcastOrder, reason: string, device?: string, isTold = false): never {
    if (!isTold) record(refusedDraft(order, reason));
    throw new GatewayError(`the broadcast was refused: ${reason}`, {
      code: reason,
      kind: "permanent",
      ...(device !== undefined && { device }),
    });
  }

  function speakersOf(named: readonly string[]): string[] {
    return [...new Set(named.flatMap((id) => groups.find((group) => group.id === id)?.speakers ?? [id]))];
  }

  /** Undefined once nothing but the guards of the moment keeps it back. */
  function judgeWait(order: BroadcastOrder, sinceMs: number): WaitVerdict {
    const date = judgeDate(order, context());
    if (date.state === "refused") return date;
    if (date.state === "waits") return date;
    // It may have been heard before the box stopped: rather once too little than twice.
    if (recovered.has(order.id) && (order.notBeforeMs ?? 0) < startedWallMs()) {
      return { state: "refused", reason: "broadcast.interrupted" };
    }
    if (keys.count() >= keysNeeded(order)) return date;
    const leftMs = sinceMs + keys.windowMs - clock.now().monotonicMs;
    if (leftMs <= 0) return { state: "refused", reason: "guard.second_key" };
    return { state: "waits", waitsFor: "second_key", leftMs };
  }

  function verdictOn(order: BroadcastOrder, speaker: string): string | undefined {
    const verdict = judgeSpeaking(order, speaker, context());
    if (!verdict.may) return verdict.reason;
    const channel = outlets.get(speaker)?.channel;
    const { order: sounding } = channel?.state() ?? {};
    const here = [...preparing].flatMap((job) => (job.speaker === speaker ? [job.order] : []));
    const others = [...(sounding ? [sounding] : []), ...(channel?.queue() ?? []), ...here];
    return sameWords.judge(order, speaker, others);
  }

  /** It is its time: each speaker for itself. */
  function begin(order: BroadcastOrder): void {
    for (const id of order.speakers) {
      const reason = verdictOn(order, id);
      if (reason) finish({ broadcast: order.id, speaker: id, result: "refused", reason });
      else void sayOn(order, id);
    }
  }

  function refuseLate(order: BroadcastOrder, reason: string): void {
    for (const speaker of order.speakers) finish({ broadcast: order.id, speaker, result: "refused", reason });
  }

  async function sayOn(order: BroadcastOrder, speaker: string): Promise<void> {
    const outlet = outlets.get(speaker);
    if (!outlet)
      return finish({ broadcast: order.id, speaker, result: "refused", reason: "broadcast.no_such_speaker" });
    const before = programmesBefore(order, speaker);
    let isReady = (): void => {};
    const job: Job = { order, speaker, ready: new Promise((resolve) => (isReady = resolve)) };
    preparing.add(job);
    due.set(`${order.id} ${speaker}`, rightOfWay.take());
    try {
      const say = hearing.beside(order.id, speaker, await outlet.voice.prepare(order.content));
      await before;
      if (!preparing.delete(job)) return;
      outlet.channel.submit({
        order,
        say: (options) =>
          say({
            ...options,
            onSound() {
              letPass(order.id, speaker);
              options.onSound();
            },
          }),
      });
    } catch (error) {
      log.error({ code: errorCode(error), broadcast: order.id }, "a broadcast could not be made ready");
      if (!preparing.delete(job)) return;
      finish({ broadcast: order.id, speaker, result: "failed", reason: errorCode(error) });
    } finally {
      isReady();
    }
  }

  /**
   * Of programmes that are due at once, the second may be ready first: they are heard in the order of the calendar. Nobody
   * else waits for words that are still being made.
   */
  async function programmesBefore({ priority }: BroadcastOrder, speaker: string): Promise<void> {
    if (priority !== "schedule") return;
    const jobs = [...preparing].filter((job) => job.speaker === speaker && job.order.priority === priority);
    await Promise.all(jobs.map(({ ready }) => ready));
  }

  function remember(order: BroadcastOrder, open: readonly string[]): void {
    orders.set(order.id, { order, open: new Set(open) });
    if (orders.size <= MAX_REMEMBERED) return;
    const [oldestOver] = [...orders].find(([, entry]) => entry.open.size === 0) ?? [];
    if (oldestOver !== undefined) orders.delete(oldestOver);
  }

  function submit(given: BroadcastOrder): void {
    const order = { ...given, speakers: speakersOf(given.speakers) };
    const known = orders.get(order.id)?.order;
    if (known && isSameOrder(known, order)) return;
    const rated = rate.take(order.source);
    if (rated !== "taken") refuse(order, "guard.rate", undefined, rated === "told");
    if (known) refuse(order, "broadcast.id_reused");
    const missing = order.speakers.find((id) => !outlets.has(id));
    if (missing !== undefined || order.speakers.length === 0)
      refuse(order, "broadcast.no_such_speaker", missing);
    const fault = faultOf(order);
    if (fault) refuse(order, fault);
    const wait = judgeWait(order, clock.now().monotonicMs);
    if (wait.state === "refused") refuse(order, wait.reason);
    if (wait.state === "due") {
      const reasons = order.speakers.map((id) => verdictOn(order, id));
      const [first] = reasons;
      if (first !== undefined && reasons.every((reason) => reason !== undefined)) refuse(order, first);
    }
    remember(order, order.speakers);
    record(orderedDraft(order));
    if (wait.state === "due") begin(order);
    else room.enter(order);
    changes.emit();
  }

  /** Takes up what an earlier run left: what waited for its time goes on waiting, anything else was cut off. */
  async function recover(): Promise<void> {
    for (const { order, open } of await book.open()) {
      if (orders.has(order.id)) continue;
      remember(order, open);
      if (open.length === order.speakers.length && order.notBeforeMs !== undefined) {
        recovered.add(order.id);
        room.enter(order);
        continue;
      }
      for (const speaker of open) {
        finish({ broadcast: order.id, speaker, result: "failed", reason: "broadcast.interrupted" });
      }
    }
    changes.emit();
  }

  /** Ends what waits or is being made ready; true when there was any. */
  function drop(broadcast: string, ending: Ending): boolean {
    const jobs = [...preparing].filter(({ order }) => order.id === broadcast);
    for (const job of jobs) preparing.delete(job);
    const left = room.leave(broadcast);
    const speakers = [...jobs.map(({ speaker }) => speaker), ...(left?.speakers ?? [])];
    for (const speaker of speakers) finish({ broadcast, speaker, result: "stopped", ...ending });
    return speakers.length > 0;
  }

  function silenceAll(broadcast: string, ending: Ending): boolean {
    const channels = [...outlets.values()].map(({ channel }) => channel.silence(broadcast, ending));
    return [drop(broadcast, ending), ...channels].includes(true);
  }

  return {
    name: "broadcasts",
    changes,
    submit,
    async take(order) {
      const known = orders.has(order.id)
        ? undefined
        : await book.find(order.id).catch((error: unknown) => {
            // Somebody at the water matters more than an order that comes twice.
            log.error({ code: errorCode(error), broadcast: order.id }, "an order could not be looked up");
            return undefined;
          });
      if (known && !orders.has(order.id)) remember(known.order, known.open);
      submit(order);
    },
    silence: (broadcast, by) => silenceAll(broadcast, by ? { by } : {}),
    hush(alarm, what) {
      const reason = what === "all" ? "alarm.acknowledged" : "alarm.cleared";
      for (const { order, open } of [...orders.values()]) {
        if (open.size === 0) continue;
        if (order.alarm !== alarm || order.source.kind !== "rule") continue;
        if (what === "all") silenceAll(order.id, { reason });
        else {
          drop(order.id, { reason });
          for (const { channel } of outlets.values()) {
            if (channel.queue().some(({ id }) => id === order.id)) channel.silence(order.id, { reason });
          }
        }
      }
    },
    kill(closed) {
      if (isKilled === closed) return;
      isKilled = closed;
      log.warn({ closed }, "the switch that silences the horns was turned");
      for (const { channel } of outlets.values()) channel.recheck();
      changes.emit();
    },
    queue() {
      const found = new Map<string, { order: BroadcastOrder; speakers: string[]; waitsFor: WaitsFor }>();
      const add = (order: BroadcastOrder, speaker: string): void => {
        const entry = found.get(order.id) ?? { order, speakers: [], waitsFor: "turn" };
        entry.speakers.push(speaker);
        found.set(order.id, entry);
      };
      for (const { order, speaker } of preparing) add(order, speaker);
      for (const { channel } of outlets.values()) {
        for (const order of channel.queue()) add(order, channel.speaker.id);
      }
      return [...found.values(), ...room.list()].sort(
        (a, b) => PRIORITIES.indexOf(a.order.priority) - PRIORITIES.indexOf(b.order.priority),
      );
    },
    ...words,
    async start() {
      await recover().catch((error: unknown) => {
        log.error({ code: errorCode(error) }, "orders of the last run were not taken up");
      });
    },
    async stop() {
      // What waits for its date waits on in the ledger.
      for (const { order } of room.list()) if (order.notBeforeMs === undefined) silenceAll(order.id, {});
      room.close();
    },
  };
}
