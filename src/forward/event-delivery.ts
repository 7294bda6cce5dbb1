import { errorCode } from "../core/errors.ts";
import type { EventClass } from "../core/event.ts";
import type { RetryPolicy } from "../core/retry.ts";
import { retryDelays } from "../core/retry.ts";
import { untilFree } from "../core/right-of-way.ts";
import { createAlarmWatch } from "./alarm-watch.ts";
import type { Failure } from "./answers.ts";
import { failure } from "./answers.ts";
import { createBell } from "./bell.ts";
import { createDispatch, type DispatchConfig, type DispatchDependencies } from "./dispatch.ts";

export interface EventDeliveryConfig extends DispatchConfig {
  /** An idle upstream is asked this often whether it is there. */
  readonly probeMs: number;
  readonly retry: RetryPolicy;
  /** After an answer that will not change until a person mends something. */
  readonly refusedRetry: RetryPolicy;
}

export interface EventDeliveryDependencies extends DispatchDependencies {
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** Everything is sent and acknowledged, for now. */
  readonly onIdle: () => void;
}

export interface EventDelivery {
  /** Whether nothing waits. */
  isDone(): boolean;
  /** Sends one event again that was set aside. */
  resend(eventClass: EventClass, seq: number): void;
  /** Delivers until `signal` aborts; never rejects. */
  run(signal: AbortSignal): Promise<void>;
}

/** Delivers for as long as the gateway runs: at once while the upstream takes events, ever less often while it does not. */
export function createEventDelivery(
  dependencies: EventDeliveryDependencies,
  config: EventDeliveryConfig,
): EventDelivery {
  const { carrier, ledger, board, rightOfWay, clock, random, onIdle } = dependencies;
  const dispatch = createDispatch(dependencies, config);
  const bell = createBell(clock);
  const alarms = createAlarmWatch({ ledger, clock }, config.retry.firstMs);

  async function turn(isLoaded: boolean, signal: AbortSignal): Promise<Failure | undefined> {
    try {
      if (!isLoaded) await dispatch.load();
      const isWell = board.state().status === "connected";
      if (!isWell) dispatch.setStartOfNow(alarms.startOfNow());
      if (!isWell && carrier.asksFirst) {
        const fault = await dispatch.ask(signal);
        if (fault) return fault;
      }
      const fault = await dispatch.pump(signal);
      if (fault || signal.aborted) return fault;
      if (clock.now().monotonicMs - board.heardMs() < config.probeMs) return undefined;
      return await dispatch.ask(signal);
    } catch (error) {
      return failure(errorCode(error));
    }
  }

  async function deliverAll(signal: AbortSignal): Promise<void> {
    let isLoaded = false;
    let waits = retryDelays(config.retry, random);
    let longWaits = retryDelays(config.refusedRetry, random);
    while (!signal.aborted) {
      const heardMs = board.heardMs();
      const fault = await turn(isLoaded, signal);
      if (signal.aborted) return;
      if (board.heardMs() > heardMs) {
        isLoaded = true;
        waits = retryDelays(config.retry, random);
        longWaits = retryDelays(config.refusedRetry, random);
      }
      if (fault) {
        isLoaded ||= fault.code.startsWith("upstream.");
        board.failed(fault);
        if (fault.isLesson) continue;
        const waitMs = (fault.refused ? longWaits : waits).next().value;
        const isAsked = fault.retryAfterMs > waitMs;
        await alarms.rest(isAsked ? fault.retryAfterMs : waitMs, !isAsked && !fault.refused, signal);
        // A line that may still not be there is not tried in the moment in which a horn is about to sound.
        if (rightOfWay) await untilFree(rightOfWay, signal);
        continue;
      }
      isLoaded = true;
      if (board.state().waitingEvents > 0) board.recount();
      onIdle();
      await bell.wait(config.probeMs - (clock.now().monotonicMs - board.heardMs()), signal);
    }
  }

  return {
    isDone: dispatch.isDone,
    resend(eventClass, seq) {
      dispatch.resend(eventClass, seq);
      bell.ring();
    },
    async run(signal) {
      const ends = [alarms.start(), ledger.onAppend(bell.ring), carrier.onLost?.(bell.ring)];
      await deliverAll(signal).finally(() => {
        for (const end of ends) end?.();
      });
    },
  };
}
