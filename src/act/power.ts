import type { Relay } from "../core/devices.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Clock, Timer } from "../core/time.ts";

/** Tries to switch off again this often when a relay does not answer. */
const OFF_RETRY_MS = 1000;
/** Stays off this long after its longest time on: orders that wait must not turn the limit into a blink. */
const REST_MS = 2000;

export interface AmplifierPower {
  /**
   * Switches on if it is off, and waits until the amplifier can be heard.
   * @throws GatewayError of the relay; an AbortError when `signal` aborts.
   */
  on(signal: AbortSignal): Promise<void>;
  /** Switches off; tries on in the background while the relay does not answer. Never throws. */
  off(): Promise<void>;
  /** Switches off and gives the relay back; may be called twice. Never throws. */
  close(): Promise<void>;
  readonly isOn: boolean;
  /** Code of the relay's failure while it is not known to be off. */
  readonly fault: string | undefined;
}

/**
 * The amplifier's relay with its settling time and its longest time on.
 * @param onExpired called when the relay was on for `maxOnMs`; it is being switched off then.
 */
export function createAmplifierPower(
  dependencies: { readonly clock: Clock; readonly log: Logger },
  relay: Relay | undefined,
  limits: { readonly settleMs: number; readonly maxOnMs: number },
  onExpired: () => void,
): AmplifierPower {
  const { clock, log } = dependencies;
  let isOn = false;
  let isClosed = false;
  let readyMs = 0;
  let restedMs = 0;
  let expiry: Timer | undefined;
  let retry: Timer | undefined;
  let switchingOff: Promise<void> = Promise.resolve();
  let switchingOn: Promise<void> | undefined;
  let failure: { readonly error: unknown } | undefined;

  const nowMs = (): number => clock.now().monotonicMs;

  async function orderOff(): Promise<void> {
    try {
      await relay?.switch(false);
      if (failure) log.info({}, "the amplifier's relay takes orders again");
      failure = undefined;
    } catch (error) {
      if (!failure) {
        const code = errorCode(error);
        log.error({ code }, "the amplifier's relay did not take the order to switch off");
      }
      failure = { error };
      const isHopeless = error instanceof GatewayError && error.kind === "permanent";
      if (isOn || isClosed || isHopeless) return;
      retry?.cancel();
      retry = clock.after(OFF_RETRY_MS, () => void off());
    }
  }

  function off(): Promise<void> {
    if (isClosed) return switchingOff;
    expiry?.cancel();
    retry?.cancel();
    isOn = false;
    switchingOff = orderOff();
    return switchingOff;
  }

  async function switchOn(signal: AbortSignal): Promise<void> {
    // An order to switch off that is under way must not overtake the one to switch on.
    await switchingOff;
    // Not known to be off since it was last on: its longest time on would begin anew.
    if (failure) await off();
    if (failure) throw failure.error;
    if (restedMs > nowMs()) await clock.sleep(restedMs - nowMs(), signal);
    signal.throwIfAborted();
    retry?.cancel();
    // Counted from before the order: a relay whose answer is lost may be on all the same.
    isOn = true;
    expiry = clock.after(limits.maxOnMs, () => {
      log.warn({ maxOnMs: limits.maxOnMs }, "the amplifier was on for its longest time; switching off");
      restedMs = nowMs() + REST_MS;
      void off();
      onExpired();
    });
    try {
      switchingOn = relay?.switch(true);
      await switchingOn;
    } catch (error) {
      await off();
      throw error;
    } finally {
      switchingOn = undefined;
    }
    // Ended while the relay took its time: this order may have reached it last.
    if (!isOn) await off();
    readyMs = nowMs() + limits.settleMs;
  }

  return {
    get isOn() {
      return isOn;
    },
    get fault() {
      return failure && errorCode(failure.error);
    },
    async on(signal) {
      if (!isOn) await switchOn(signal);
      signal.throwIfAborted();
      if (readyMs > nowMs()) await clock.sleep(readyMs - nowMs(), signal);
    },
    off,
    async close() {
      if (isClosed) return;
      const lastOff = off();
      isClosed = true;
      await lastOff;
      // An order to switch on that was under way may have reached the relay after the one to switch off.
      if (switchingOn) await switchingOn.then(orderOff, orderOff);
      retry?.cancel();
      await relay?.close();
    },
  };
}
