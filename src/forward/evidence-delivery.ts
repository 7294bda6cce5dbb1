import type { EvidenceOutbox } from "../core/delivery.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { RetryPolicy } from "../core/retry.ts";
import { retryDelays } from "../core/retry.ts";
import type { EvidenceStore } from "../core/stores.ts";
import type { Clock, Timer } from "../core/time.ts";
import { isoTime } from "../core/time.ts";
import type { Failure } from "./answers.ts";
import { failure } from "./answers.ts";
import { createBell } from "./bell.ts";
import type { EvidenceUpload } from "./evidence-upload.ts";

// So often is a file tried before others get their turn; files set aside are looked at again later.
const TRIES = 3;
const LOOK_AGAIN_MS = 600_000;
/** A piece that is on its way when an event comes has so long to arrive before it is cut off. */
const GRACE_MS = 1000;

export interface EvidenceDeliveryDependencies {
  readonly upload: EvidenceUpload;
  readonly evidence: EvidenceStore;
  readonly evidenceOutbox: EvidenceOutbox;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** Whether the upstream is well and has all events: files never go before events. */
  readonly mayRun: () => boolean;
  readonly onDelivered: () => void;
}

export interface EvidenceDeliveryConfig {
  readonly upstream: string;
  readonly retry: RetryPolicy;
  readonly refusedRetry: RetryPolicy;
}

export interface EvidenceDelivery {
  /** `mayRun` may have become true, or there may be new files. */
  wake(): void;
  /** There are events to be sent: what is on its way makes room for them and goes on afterwards. */
  makeRoom(): void;
  /** Delivers until `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** Brings files to an upstream, one at a time, beside the events and after those that name them. */
export function createEvidenceDelivery(
  dependencies: EvidenceDeliveryDependencies,
  config: EvidenceDeliveryConfig,
): EvidenceDelivery {
  const { upload, evidence, evidenceOutbox, clock, random, log, mayRun, onDelivered } = dependencies;
  const { upstream } = config;
  const bell = createBell(clock);
  /** Files named up to here are delivered or set aside. */
  let doneSeq = 0;
  let anySetAside = false;

  let onItsWay: AbortController | undefined;
  let cutOff: Timer | undefined;

  async function bring(sha256: string, signal: AbortSignal): Promise<Failure | "waiting" | undefined> {
    const file = await evidence.find(sha256);
    if (file === undefined) return failure("evidence.missing", true);
    const cut = new AbortController();
    onItsWay = cut;
    const fault = await upload({ sha256, ...file }, mayRun, AbortSignal.any([signal, cut.signal]));
    if (cut.signal.aborted) return "waiting";
    if (fault !== undefined) return fault;
    await evidenceOutbox.delivered(upstream, sha256, isoTime(clock.now().wallMs));
    onDelivered();
    return undefined;
  }

  function endUpload(): void {
    cutOff?.cancel();
    cutOff = undefined;
    onItsWay = undefined;
  }

  async function deliverOne(
    sha256: string,
    signal: AbortSignal,
  ): Promise<"delivered" | "set aside" | "waiting"> {
    const waits = retryDelays(config.retry, random);
    const longWaits = retryDelays(config.refusedRetry, random);
    for (let tries = 1; ; tries += 1) {
      const fault = await bring(sha256, signal)
        .catch((error: unknown) => failure(errorCode(error)))
        .finally(endUpload);
      if (fault === undefined) return "delivered";
      if (signal.aborted || fault === "waiting") return "waiting";
      const unwelcome = fault.code === "upstream.unauthorized";
      if (!unwelcome && (fault.refused || tries >= TRIES)) {
        log.warn({ upstream, sha256, code: fault.code }, "a file of evidence was set aside");
        return "set aside";
      }
      const waitMs = Math.max((unwelcome ? longWaits : waits).next().value, fault.retryAfterMs);
      await clock.sleep(waitMs, signal).catch(() => undefined);
      if (signal.aborted || !mayRun()) return "waiting";
    }
  }

  async function deliverAll(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && mayRun()) {
      const [next] = await evidenceOutbox.pending(upstream, doneSeq, 1);
      if (next === undefined) return;
      const result = await deliverOne(next.sha256, signal);
      if (result === "waiting") return;
      if (result === "set aside") anySetAside = true;
      doneSeq = next.seq;
    }
  }

  return {
    wake: bell.ring,
    makeRoom() {
      const upload = onItsWay;
      if (upload) cutOff ??= clock.after(GRACE_MS, () => upload.abort());
    },
    async run(signal) {
      let lookAgainMs = clock.now().monotonicMs + LOOK_AGAIN_MS;
      while (!signal.aborted) {
        await bell.wait(LOOK_AGAIN_MS, signal);
        if (clock.now().monotonicMs >= lookAgainMs) {
          lookAgainMs = clock.now().monotonicMs + LOOK_AGAIN_MS;
          if (anySetAside) doneSeq = 0;
          anySetAside = false;
        }
        await deliverAll(signal).catch((error: unknown) => {
          log.warn({ upstream, code: errorCode(error) }, "files of evidence could not be looked up");
        });
      }
    },
  };
}
