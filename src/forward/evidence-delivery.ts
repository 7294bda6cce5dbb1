import { createReadStream } from "node:fs";
import type { EvidenceOutbox } from "../core/delivery.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { RetryPolicy } from "../core/retry.ts";
import { retryDelays } from "../core/retry.ts";
import type { EvidenceStore } from "../core/stores.ts";
import type { Clock } from "../core/time.ts";
import { isoTime } from "../core/time.ts";
import type { Failure } from "./answers.ts";
import { failure, failureOf } from "./answers.ts";
import { createBell } from "./bell.ts";
import type { HttpClient } from "./http-client.ts";

// A file may take as long as a link of 128 kbit/s needs for it.
const SLOWEST_BYTES_PER_MS = 16;
// So often is a file tried before others get their turn; files set aside are looked at again later.
const TRIES = 3;
const LOOK_AGAIN_MS = 600_000;

export interface EvidenceDeliveryDependencies {
  readonly client: HttpClient;
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
  readonly ledger: string;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly refusedRetry: RetryPolicy;
  readonly retryAfterCapMs: number;
}

export interface EvidenceDelivery {
  /** `mayRun` may have become true, or there may be new files. */
  wake(): void;
  /** Delivers until `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** Brings files to an upstream, one at a time, beside the events and after those that name them. */
export function createEvidenceDelivery(
  dependencies: EvidenceDeliveryDependencies,
  config: EvidenceDeliveryConfig,
): EvidenceDelivery {
  const { client, evidence, evidenceOutbox, clock, random, log, mayRun, onDelivered } = dependencies;
  const { upstream, ledger, timeoutMs, retryAfterCapMs } = config;
  const bell = createBell(clock);
  /** Files named up to here are delivered or set aside. */
  let doneSeq = 0;
  let anySetAside = false;

  async function upload(sha256: string, signal: AbortSignal): Promise<Failure | undefined> {
    const file = await evidence.find(sha256);
    if (file === undefined) return failure("evidence.missing", true);
    const answer = await client.call(
      {
        method: "PUT",
        path: `evidence/${sha256}`,
        headers: {
          "content-type": file.mediaType,
          "content-length": String(file.sizeBytes),
          "cunshao-ledger": ledger,
        },
        body: createReadStream(file.path),
        deadlineMs: timeoutMs + Math.ceil(file.sizeBytes / SLOWEST_BYTES_PER_MS),
      },
      signal,
    );
    const fault = "code" in answer ? answer : failureOf(answer, clock.now().wallMs, retryAfterCapMs);
    if (fault !== undefined) return fault;
    await evidenceOutbox.delivered(upstream, sha256, isoTime(clock.now().wallMs));
    onDelivered();
    return undefined;
  }

  async function deliverOne(
    sha256: string,
    signal: AbortSignal,
  ): Promise<"delivered" | "set aside" | "waiting"> {
    const waits = retryDelays(config.retry, random);
    const longWaits = retryDelays(config.refusedRetry, random);
    for (let tries = 1; ; tries += 1) {
      const fault = await upload(sha256, signal).catch((error: unknown) => failure(errorCode(error)));
      if (fault === undefined) return "delivered";
      if (signal.aborted) return "waiting";
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
