import { errorCode, GatewayError, isAbort } from "../core/errors.ts";
import type { EventDraft, Ledger } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import { type RetryPolicy, retryDelays } from "../core/retry.ts";
import type { Clock } from "../core/time.ts";

const RETRY: RetryPolicy = { firstMs: 500, capMs: 15_000 };
/** Alarms kept in memory while the disk takes nothing; beyond that the newest are lost, and the log says so. */
const MAX_WAITING = 1000;

export interface AlarmRecorder {
  /** Resolves once the event is on disk, or was given up for good; events keep their order. Never rejects. */
  record(draft: EventDraft): Promise<void>;
  /** Gives up what still waits. */
  stop(): void;
}

/** Appends events of alarms one after the other, each again and again until the ledger takes it. */
export function createAlarmRecorder(dependencies: {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}): AlarmRecorder {
  const { ledger, clock, random, log } = dependencies;
  const stopping = new AbortController();
  let last: Promise<void> = Promise.resolve();
  let waiting = 0;

  async function appendUntilTaken(draft: EventDraft): Promise<void> {
    for (const delayMs of retryDelays(RETRY, random)) {
      try {
        await ledger.append(draft);
        return;
      } catch (error) {
        const isHopeless = error instanceof GatewayError && error.kind === "permanent";
        const fields = { code: errorCode(error), type: draft.type, subject: draft.subject };
        log.error(fields, isHopeless ? "an alarm was refused by the ledger" : "an alarm waits for the disk");
        if (isHopeless) return;
      }
      await clock.sleep(delayMs, stopping.signal);
    }
  }

  return {
    record(draft) {
      if (waiting >= MAX_WAITING) {
        log.error(
          { type: draft.type, subject: draft.subject },
          "too many alarms wait for the disk; one is lost",
        );
        return Promise.resolve();
      }
      waiting++;
      last = last
        .then(() => appendUntilTaken(draft))
        .catch((error: unknown) => {
          if (!isAbort(error)) log.error({ error: String(error) }, "recording an alarm failed");
        })
        .finally(() => {
          waiting--;
        });
      return last;
    },
    stop: () => stopping.abort(),
  };
}
