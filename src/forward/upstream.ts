// forward/: brings events, then their evidence, to the upstreams, and says truly how far it got. Imports core/ only, and
// is alone with the packages axios (http-client.ts) and mqtt (mqtt-connection.ts); the ledger and its outbox are handed
// in. Nothing waits for it.
import type { DeadLetters, Downlink, EvidenceOutbox, Outbox, UpstreamState } from "../core/delivery.ts";
import type { EventClass, Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { RetryPolicy } from "../core/retry.ts";
import type { RightOfWay } from "../core/right-of-way.ts";
import type { EvidenceStore } from "../core/stores.ts";
import type { Clock } from "../core/time.ts";
import type { VillageTime } from "../core/village-time.ts";
import type { Carrier } from "./consignment.ts";
import { createEventDelivery } from "./event-delivery.ts";
import type { EvidenceDelivery } from "./evidence-delivery.ts";
import { createStatusBoard } from "./status-board.ts";

export interface UpstreamTiming {
  /** For a whole call with its answer. */
  readonly timeoutMs: number;
  /** An idle upstream is asked this often whether it is there. */
  readonly probeMs: number;
  readonly retry: RetryPolicy;
  /** After an answer that will not change until a person mends something. */
  readonly refusedRetry: RetryPolicy;
  /** The longest that an upstream can ask us to stay away. */
  readonly retryAfterCapMs: number;
}

export interface UpstreamDependencies {
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly deadLetters: DeadLetters;
  readonly evidence: EvidenceStore;
  readonly evidenceOutbox: EvidenceOutbox;
  readonly downlink?: Downlink | undefined;
  /** Whose turn it is before ours; alarms of now wait for nobody. */
  readonly rightOfWay?: Pick<RightOfWay, "isTaken" | "onFree"> | undefined;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Told what time it is by an upstream that knows this ledger, with each of its answers. */
  readonly onTime?: VillageTime["tell"] | undefined;
  readonly log: Logger;
}

export interface RunningUpstream extends Part {
  state(): UpstreamState;
  /** Calls after something in `state()` changed. Returns how to stop. */
  onChange(listener: () => void): () => void;
  /** Sends one event again that was set aside. */
  resend(eventClass: EventClass, seq: number): void;
}

/** What differs between the kinds of upstreams; made anew for each start. */
export interface UpstreamWays {
  readonly carrier: Carrier;
  /** Files go when `mayRun`, and not at all without. */
  readonly files?: ((mayRun: () => boolean, onDelivered: () => void) => EvidenceDelivery) | undefined;
  /** Lets go of everything; after the carrier is closed. */
  close(): Promise<void>;
}

export interface UpstreamConfig {
  readonly id: string;
  readonly kind: "http" | "mqtt";
  readonly timing: UpstreamTiming;
  readonly batch: { readonly events: number; readonly bytes: number };
}

/** One upstream with its own cursors, back-off and state, whatever the way to it. */
export function createUpstream(
  dependencies: UpstreamDependencies,
  { id, kind, timing, batch }: UpstreamConfig,
  openWays: () => UpstreamWays,
): RunningUpstream {
  const { ledger } = dependencies;
  const board = createStatusBoard(dependencies, { id, kind });
  let running:
    | { readonly stop: AbortController; readonly ended: Promise<unknown>; resend: RunningUpstream["resend"] }
    | undefined;

  function run(stop: AbortController) {
    const ways = openWays();
    const events = createEventDelivery(
      { ...dependencies, carrier: ways.carrier, board, onIdle: () => files?.wake() },
      { upstream: id, ...timing, batch },
    );
    const isWell = (): boolean => board.state().status === "connected";
    const files = ways.files?.(
      () => isWell() && events.isDone(),
      // What befalls the events decides how the upstream is; a file that went through does not make it well.
      () => isWell() && board.heard(),
    );
    const unsubscribe = ledger.onAppend(() => files?.makeRoom());
    const ended = Promise.all([events.run(stop.signal), files?.run(stop.signal)]).finally(async () => {
      unsubscribe();
      await ways.carrier.close();
      await ways.close();
    });
    return { stop, ended, resend: events.resend };
  }

  return {
    name: `upstream ${id}`,
    state: board.state,
    onChange: board.onChange,
    resend: (eventClass, seq) => running?.resend(eventClass, seq),
    async start() {
      if (running) return;
      board.start();
      running = run(new AbortController());
    },
    async stop() {
      if (!running) return;
      const { stop, ended } = running;
      running = undefined;
      stop.abort();
      board.stop();
      await ended;
    },
  };
}
