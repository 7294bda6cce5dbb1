import { anySignal } from "../core/any-signal.ts";
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
import type { EvidenceUpload, UploadCourse } from "./evidence-upload.ts";

/** So often may a file be tried and get no further before others have their turn. */
const TRIES = 3;
/** So often are files that nobody told of looked for. */
const LOOK_MS = 600_000;
/** When an event comes and is not delivered for so long, what is on its way beside it is cut off. */
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
  /** Also how often what was set aside is looked at again. */
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
  let againMs: number | undefined;
  let againWaits = retryDelays(config.refusedRetry, random);

  let onItsWay: AbortController | undefined;
  let cutOff: Timer | undefined;
  /** How often a file was cut off at the same place: the whole file, where the upstream knows no pieces. */
  let cuts = { sha256: "", reached: 0, times: 0 };

  async function bring(
    sha256: string,
    onReached: UploadCourse["onReached"],
    signal: AbortSignal,
  ): Promise<Failure | "cut" | "waiting" | undefined> {
    const file = await evidence.find(sha256);
    if (file === undefined) return failure("evidence.missing", true);
    const cut = new AbortController();
    onItsWay = cut;
    const abort = anySignal(signal, cut.signal);
    const course = { mayGoOn: mayRun, onReached };
    const fault = await upload({ sha256, ...file }, course, abort.signal).finally(abort.release);
    if (cut.signal.aborted) return "cut";
    if (fault !== undefined) return fault;
    await evidenceOutbox.delivered(upstream, sha256, isoTime(clock.now().wallMs));
    onDelivered();
    return undefined;
  }

  function endUpload(): void {
    stopCutting();
    onItsWay = undefined;
  }

  function stopCutting(): void {
    cutOff?.cancel();
    cutOff = undefined;
  }

  /** @returns whether others should have their turn. */
  function noteCut(sha256: string, reached: number): boolean {
    const isFurther = cuts.sha256 !== sha256 || reached > cuts.reached;
    cuts = { sha256, reached, times: isFurther ? 1 : cuts.times + 1 };
    return cuts.times >= TRIES;
  }

  async function deliverOne(
    sha256: string,
    signal: AbortSignal,
  ): Promise<"delivered" | "set aside" | "waiting"> {
    const waits = retryDelays(config.retry, random);
    const longWaits = retryDelays(config.refusedRetry, random);
    let tries = 0;
    let furthest = 0;
    // What gets further at each try arrives in the end, however often the line breaks.
    const onReached = (offset: number): void => {
      if (offset <= furthest) return;
      furthest = offset;
      tries = 0;
    };
    for (;;) {
      tries += 1;
      const fault = await bring(sha256, onReached, signal)
        .catch((error: unknown) => failure(errorCode(error)))
        .finally(endUpload);
      if (fault === undefined) return "delivered";
      if (signal.aborted || fault === "waiting") return "waiting";
      if (fault === "cut") {
        if (!noteCut(sha256, furthest)) return "waiting";
        log.warn({ upstream, sha256 }, "a file of evidence was set aside: events came in between each time");
        return "set aside";
      }
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
      if (result === "set aside") againMs ??= clock.now().monotonicMs + againWaits.next().value;
      doneSeq = next.seq;
    }
  }

  return {
    wake() {
      // The events that came meanwhile are delivered.
      stopCutting();
      bell.ring();
    },
    makeRoom() {
      const upload = onItsWay;
      if (upload) cutOff ??= clock.after(GRACE_MS, () => upload.abort());
    },
    async run(signal) {
      while (!signal.aborted) {
        const untilAgainMs = againMs === undefined ? LOOK_MS : againMs - clock.now().monotonicMs;
        await bell.wait(Math.max(0, untilAgainMs), signal);
        if (againMs !== undefined && clock.now().monotonicMs >= againMs) {
          againMs = undefined;
          doneSeq = 0;
        }
        await deliverAll(signal).catch((error: unknown) => {
          log.warn({ upstream, code: errorCode(error) }, "files of evidence could not be looked up");
        });
        if (againMs === undefined) againWaits = retryDelays(config.refusedRetry, random);
      }
    },
  };
}
