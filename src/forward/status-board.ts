import type { DeadLetters, Outbox, UpstreamState } from "../core/delivery.ts";
import { errorCode } from "../core/errors.ts";
import type { Ledger, LedgerEvent } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import { createSignal } from "../core/signals.ts";
import type { Clock, Timer } from "../core/time.ts";
import { isoTime } from "../core/time.ts";
import type { Failure } from "./answers.ts";
import { createSendRate } from "./send-rate.ts";

/** Between two tellings of a change, so that a storm of events does not become a storm of tellings. */
const TELL_GAP_MS = 200;
/** So often is it written down that an upstream is there that has nothing to acknowledge. */
const REMEMBER_MS = 600_000;

/** How an upstream is, and what waits for it. */
export interface StatusBoard {
  state(): UpstreamState;
  /** Monotonic; minus infinity before the first answer in this process. */
  heardMs(): number;
  onChange(listener: () => void): () => void;
  start(): void;
  stop(): void;
  /** It answered; of what was sent at `startedMs` it has now so many events. */
  heard(acknowledged?: {
    readonly events: readonly Pick<LedgerEvent, "class">[];
    readonly startedMs: number;
  }): void;
  failed(failure: Failure): void;
  /** What waits has changed otherwise: count it anew. */
  recount(): void;
}

export interface StatusBoardDependencies {
  readonly ledger: Pick<Ledger, "head" | "onAppend">;
  readonly outbox: Pick<Outbox, "waiting" | "word" | "heard">;
  readonly deadLetters: Pick<DeadLetters, "count">;
  readonly clock: Clock;
  readonly log: Logger;
}

export function createStatusBoard(
  { ledger, outbox, deadLetters, clock, log }: StatusBoardDependencies,
  { id, kind }: { readonly id: string; readonly kind: "http" | "mqtt" },
): StatusBoard {
  const changed = createSignal<void>();
  const rate = createSendRate();
  const nowIso = (): string => isoTime(clock.now().wallMs);

  let state: UpstreamState = {
    id,
    kind,
    status: "connecting",
    since: nowIso(),
    waitingEvents: 0,
    waitingAlarms: 0,
    deadLetters: 0,
  };
  let heardMs = Number.NEGATIVE_INFINITY;
  let rememberedMs = Number.NEGATIVE_INFINITY;
  let unsubscribe: (() => void) | undefined;
  let telling: Timer | undefined;
  let tellAgain = false;
  /** Events up to here are counted; later ones count as they come. */
  let countedSeq = 0;

  function tell(): void {
    if (telling) {
      tellAgain = true;
      return;
    }
    changed.emit();
    if (!unsubscribe) return;
    telling = clock.after(TELL_GAP_MS, () => {
      telling = undefined;
      if (!tellAgain) return;
      tellAgain = false;
      tell();
    });
  }

  function setWaiting(events: number, alarms: number): void {
    const waitingEvents = Math.max(events, 0);
    const waitingAlarms = Math.min(Math.max(alarms, 0), waitingEvents);
    const secondsToSend = rate.secondsFor(waitingEvents);
    state = { ...state, waitingEvents, waitingAlarms, secondsToSend };
  }

  /** In one step with a number up to which it counts: nothing is counted twice or left out. */
  async function countAnew(): Promise<void> {
    const throughSeq = ledger.head;
    countedSeq = throughSeq;
    const since = { events: 0, alarms: 0 };
    counting = since;
    const { events, alarms } = await outbox.waiting(id, throughSeq);
    const dead = await deadLetters.count(id);
    if (counting !== since) return;
    counting = undefined;
    state = { ...state, deadLetters: dead };
    setWaiting(events + since.events, alarms + since.alarms);
    tell();
  }
  /** What changed while it was being counted. */
  let counting: { events: number; alarms: number } | undefined;

  function add(events: number, alarms: number): void {
    if (counting) {
      counting.events += events;
      counting.alarms += alarms;
    } else {
      setWaiting(state.waitingEvents + events, state.waitingAlarms + alarms);
      tell();
    }
  }

  function recount(): void {
    countAnew().catch((error: unknown) =>
      log.warn({ code: errorCode(error) }, "what waits could not be counted"),
    );
  }

  function remember(): void {
    const { monotonicMs } = clock.now();
    if (monotonicMs - rememberedMs < REMEMBER_MS) return;
    rememberedMs = monotonicMs;
    outbox.heard(id, nowIso()).catch((error: unknown) => {
      log.warn({ code: errorCode(error) }, "that the upstream was heard could not be written down");
    });
  }

  return {
    state: () => state,
    heardMs: () => heardMs,
    onChange: (listener) => changed.on(listener),
    start() {
      unsubscribe = ledger.onAppend((event) => {
        if (event.seq > countedSeq) add(1, Number(event.class === "alarm"));
      });
      outbox
        .word(id)
        .then((word) => {
          if (word && state.lastHeardAt === undefined) state = { ...state, lastHeardAt: word.heardAt };
        })
        .catch((error: unknown) => log.warn({ code: errorCode(error) }, "the last word could not be read"));
      recount();
    },
    stop() {
      unsubscribe?.();
      unsubscribe = undefined;
      telling?.cancel();
      telling = undefined;
    },
    heard(acknowledged) {
      const { monotonicMs } = clock.now();
      heardMs = monotonicMs;
      const { reason, ...rest } = state;
      const steady = state.status === "connected" && reason === undefined;
      const since = state.status === "connected" ? state.since : nowIso();
      state = { ...rest, status: "connected", since, lastHeardAt: nowIso() };
      if (!steady) log.info({}, "the upstream takes events");
      if (acknowledged && acknowledged.events.length > 0) {
        const { events, startedMs } = acknowledged;
        rate.note(events.length, startedMs, monotonicMs);
        rememberedMs = monotonicMs;
        add(-events.length, -events.filter((event) => event.class === "alarm").length);
      } else {
        remember();
        tell();
      }
    },
    failed({ code, refused }) {
      // An error of our own buffer says nothing about the upstream.
      const theirs = code.startsWith("upstream.");
      const status = theirs ? (refused ? "refused" : "unreachable") : state.status;
      if (status === state.status && code === state.reason) return;
      state = { ...state, status, since: status === state.status ? state.since : nowIso(), reason: code };
      log.warn({ code, status }, "the upstream does not take events");
      tell();
    },
    recount,
  };
}
