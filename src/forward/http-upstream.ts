// forward/: brings events, then their evidence, to the upstreams, and says truly how far it got. Imports core/ only, and
// is alone with the package axios (http-client.ts); the ledger and its outbox are handed in. Nothing waits for it.
import type { EvidenceOutbox, Outbox, UpstreamState } from "../core/delivery.ts";
import { errorCode } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import { redactUrl } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { RetryPolicy } from "../core/retry.ts";
import { retryDelays } from "../core/retry.ts";
import { createSignal } from "../core/signals.ts";
import type { EvidenceStore } from "../core/stores.ts";
import type { Clock, Timer } from "../core/time.ts";
import { isoTime } from "../core/time.ts";
import type { VillageTime } from "../core/village-time.ts";
import type { Failure } from "./answers.ts";
import { failure, failureOf, readAcknowledgement } from "./answers.ts";
import { cutBatch, idempotencyKey } from "./batch.ts";
import { createBell } from "./bell.ts";
import { createEvidenceDelivery } from "./evidence-delivery.ts";
import type { HttpClient } from "./http-client.ts";
import { createHttpClient } from "./http-client.ts";

const MAX_BATCH_EVENTS = 200;
const MAX_BATCH_BYTES = 524_288;
/** Between two counts of what waits, so that a storm of events does not become a storm of counting. */
const COUNT_GAP_MS = 200;

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

const DEFAULT_TIMING: UpstreamTiming = {
  timeoutMs: 10_000,
  probeMs: 30_000,
  retry: { firstMs: 1000, capMs: 60_000 },
  refusedRetry: { firstMs: 60_000, capMs: 600_000 },
  retryAfterCapMs: 300_000,
};

export interface HttpUpstreamOptions {
  readonly id: string;
  /** Of the receiver's contract: `<url>/events` and `<url>/evidence/<sha256>`. */
  readonly url: string;
  readonly token: string;
  readonly ledger: Ledger;
  readonly outbox: Outbox;
  readonly evidence: EvidenceStore;
  readonly evidenceOutbox: EvidenceOutbox;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Told what time it is by an upstream that knows this ledger, with each of its answers. */
  readonly onTime?: VillageTime["tell"] | undefined;
  readonly log: Logger;
  readonly timing?: Partial<UpstreamTiming> | undefined;
}

export interface HttpUpstream extends Part {
  state(): UpstreamState;
  /** Calls after something in `state()` changed. Returns how to stop. */
  onChange(listener: () => void): () => void;
}

export function createHttpUpstream(options: HttpUpstreamOptions): HttpUpstream {
  const { id, url, token, ledger, outbox, evidence, evidenceOutbox, clock, random } = options;
  const timing = { ...DEFAULT_TIMING, ...options.timing };
  const log = options.log.child({ upstream: id, url: redactUrl(url) });
  const bell = createBell(clock);
  const changed = createSignal<void>();
  const nowIso = (): string => isoTime(clock.now().wallMs);

  let state: UpstreamState = {
    id,
    status: "connecting",
    since: nowIso(),
    waitingEvents: 0,
    waitingAlarms: 0,
  };
  let heardMs = Number.NEGATIVE_INFINITY;
  /** The upstream has everything up to here, by its own last word. */
  let cursor = 0;
  let highestSent = 0;
  let maxEvents = MAX_BATCH_EVENTS;
  let running: { readonly stop: AbortController; readonly ended: Promise<unknown> } | undefined;

  function heard(): void {
    const { reason, ...rest } = state;
    const steady = state.status === "connected" && reason === undefined;
    heardMs = clock.now().monotonicMs;
    const since = state.status === "connected" ? state.since : nowIso();
    state = { ...rest, status: "connected", since, lastHeardAt: nowIso() };
    if (!steady) log.info({}, "the upstream takes events");
    changed.emit();
  }

  function failed({ code, refused }: Failure): void {
    // An error of our own buffer says nothing about the upstream.
    const theirs = code.startsWith("upstream.");
    const status = theirs ? (refused ? "refused" : "unreachable") : state.status;
    if (status === state.status && code === state.reason) return;
    state = { ...state, status, since: status === state.status ? state.since : nowIso(), reason: code };
    log.warn({ code, status }, "the upstream does not take events");
    changed.emit();
  }

  let countTimer: Timer | undefined;
  let counting = false;
  let countAgain = false;
  function count(): void {
    countAgain = true;
    if (counting || running === undefined) return;
    counting = true;
    countAgain = false;
    outbox
      .waiting(id)
      .then(({ events, alarms }) => {
        if (events === state.waitingEvents && alarms === state.waitingAlarms) return;
        state = { ...state, waitingEvents: events, waitingAlarms: alarms };
        changed.emit();
      })
      .catch((error: unknown) => log.warn({ code: errorCode(error) }, "what waits could not be counted"))
      .finally(() => {
        if (running === undefined) {
          counting = false;
          return;
        }
        countTimer = clock.after(COUNT_GAP_MS, () => {
          counting = false;
          if (countAgain) count();
        });
      });
  }

  async function takeWord(stored: number, sentAny: boolean): Promise<Failure | undefined> {
    if (stored > Math.max(highestSent, cursor)) return failure("upstream.ahead");
    if (stored < cursor) {
      // It lost what it once had, as after a restored backup: everything it lacks goes again, unhurried.
      cursor = stored;
      return failure("upstream.behind");
    }
    if (sentAny && stored === cursor) return failure("upstream.no_progress");
    if (stored > cursor) {
      await outbox.acknowledge(id, stored, nowIso());
      cursor = stored;
      count();
    }
    return undefined;
  }

  /** Sends the next events, or asks an upstream that was silent for long whether it is there. */
  async function turn(client: HttpClient, signal: AbortSignal): Promise<"more" | "idle" | Failure> {
    const batch = cutBatch(await ledger.read({ after: cursor, limit: maxEvents }), MAX_BATCH_BYTES);
    const last = batch.events.at(-1);
    if (last === undefined && clock.now().monotonicMs - heardMs < timing.probeMs) return "idle";
    highestSent = Math.max(highestSent, last?.seq ?? 0);
    const key = idempotencyKey(batch);
    const answer = await client.call(
      {
        method: "POST",
        path: "events",
        headers: {
          "content-type": "application/cloudevents-batch+json",
          "cunshao-ledger": ledger.id,
          ...(key === undefined ? {} : { "idempotency-key": key }),
        },
        body: batch.body,
        deadlineMs: timing.timeoutMs,
      },
      signal,
    );
    if ("code" in answer) return answer;
    if (answer.status === 413 && batch.events.length > 1) {
      maxEvents = Math.floor(batch.events.length / 2);
      return "more";
    }
    const fault = failureOf(answer, clock.now().wallMs, timing.retryAfterCapMs);
    if (fault !== undefined) return fault;
    const word = readAcknowledgement(answer.body, ledger.id);
    if ("code" in word) return word;
    const doubt = await takeWord(word.stored, last !== undefined);
    if (doubt !== undefined) return doubt;
    options.onTime?.("township", Date.parse(answer.date ?? ""), clock.now());
    heard();
    return "more";
  }

  async function deliverEvents(
    client: HttpClient,
    wakeEvidence: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    let known = false;
    const newWaits = (policy: RetryPolicy) => retryDelays(policy, random);
    let waits = newWaits(timing.retry);
    let longWaits = newWaits(timing.refusedRetry);

    async function nextTurn(): Promise<"more" | "idle" | Failure> {
      try {
        if (!known) {
          cursor = await outbox.acknowledged(id);
          // What was acknowledged was sent, by an earlier process.
          highestSent = Math.max(highestSent, cursor);
          known = true;
        }
        return await turn(client, signal);
      } catch (error) {
        return failure(errorCode(error));
      }
    }

    while (!signal.aborted) {
      const result = await nextTurn();
      if (signal.aborted) return;
      if (typeof result !== "string") {
        failed(result);
        const waitMs = (result.refused ? longWaits : waits).next().value;
        await clock.sleep(Math.max(waitMs, result.retryAfterMs), signal).catch(() => undefined);
        continue;
      }
      waits = newWaits(timing.retry);
      longWaits = newWaits(timing.refusedRetry);
      if (result === "more") continue;
      wakeEvidence();
      await bell.wait(timing.probeMs - (clock.now().monotonicMs - heardMs), signal);
    }
  }

  function run(stop: AbortController): Promise<unknown> {
    const client = createHttpClient({ clock }, { url, token });
    const files = createEvidenceDelivery(
      {
        client,
        evidence,
        evidenceOutbox,
        clock,
        random,
        log,
        mayRun: () => state.status === "connected" && cursor >= ledger.head,
        // What befalls the events decides how the upstream is; a file that went through does not make it well.
        onDelivered: () => {
          if (state.status === "connected") heard();
        },
      },
      { upstream: id, ledger: ledger.id, ...timing },
    );
    const unsubscribe = ledger.onAppend(() => {
      bell.ring();
      count();
    });
    return Promise.all([deliverEvents(client, files.wake, stop.signal), files.run(stop.signal)]).finally(
      () => {
        unsubscribe();
        client.close();
      },
    );
  }

  return {
    name: `upstream ${id}`,
    state: () => state,
    onChange: (listener) => changed.on(listener),
    async start() {
      if (running) return;
      const stop = new AbortController();
      running = { stop, ended: run(stop) };
      count();
    },
    async stop() {
      if (!running) return;
      const { stop, ended } = running;
      running = undefined;
      stop.abort();
      countTimer?.cancel();
      counting = false;
      await ended;
    },
  };
}
