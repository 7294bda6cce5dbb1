import type { Relay } from "../core/devices.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Clock, Timer } from "../core/time.ts";

/** Tries to switch off again this often when a relay does not answer. */
const OFF_RETRY_MS = 1000;

export interface AmplifierPower {
  /** Switches on if it is off, and waits until the amplifier can be heard. @throws GatewayError of the relay. */
  on(signal: AbortSignal): Promise<void>;
  /** Switches off; tries for ever in the background when the relay does not answer. Never throws. */
  off(): Promise<void>;
  readonly isOn: boolean;
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
  let expiry: Timer | undefined;
  let retry: Timer | undefined;

  async function off(): Promise<void> {
    expiry?.cancel();
    retry?.cancel();
    isOn = false;
    try {
      await relay?.switch(false);
    } catch (error) {
      log.error({ code: errorCode(error) }, "the amplifier's relay did not take the order to switch off");
      retry = clock.after(OFF_RETRY_MS, () => {
        if (!isOn) void off();
      });
    }
  }

  return {
    get isOn() {
      return isOn;
    },
    async on(signal) {
      if (isOn) return;
      retry?.cancel();
      // Counted from before the order: a relay whose answer is lost may be on all the same.
      isOn = true;
      expiry = clock.after(limits.maxOnMs, () => {
        log.warn({ maxOnMs: limits.maxOnMs }, "the amplifier was on for its longest time; switching off");
        void off();
        onExpired();
      });
      await relay?.switch(true);
      await clock.sleep(limits.settleMs, signal);
    },
    off,
  };
}
