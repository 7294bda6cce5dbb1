import type { Relay } from "../core/devices.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Clock, Timer } from "../core/time.ts";

/** A board that hears nothing more for this long switches off by itself. */
export const LEASE_MS = 10_000;
/** Three renewals may be lost before the sound breaks off. */
const RENEW_MS = 2_500;

/**
 * A relay as speakers and sirens use it. Where the board has a timer of its own, it is on by that timer only, renewed while
 * it is to be on and never beyond `maxOnMs`: whatever becomes of this box, the board switches off. Where the board can tell
 * its state, one that contradicts the order fails it with `relay.contradicts` (transient).
 */
export function createGuardedRelay(
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  relay: Relay,
  maxOnMs: number,
): Relay {
  let renewal: Timer | undefined;
  let latest = 0;

  function endLease(): void {
    latest++;
    renewal?.cancel();
    renewal = undefined;
  }

  async function confirm(on: boolean): Promise<void> {
    let seen: boolean | "unknown";
    try {
      seen = await relay.readBack();
    } catch (error) {
      // Towards safety: it took the order to sound, so let it sound; an order to be silent must be known to hold.
      if (!on) throw error;
      log.warn({ code: errorCode(error) }, "a relay took the order to switch on but does not tell its state");
      return;
    }
    if (seen === "unknown" || seen === on) return;
    throw new GatewayError(`the relay says that it is ${seen ? "on" : "off"} after the opposite order`, {
      code: "relay.contradicts",
      kind: "transient",
    });
  }

  async function lease(untilMs: number): Promise<void> {
    const { switchOnFor } = relay;
    const leftMs = untilMs - clock.now().monotonicMs;
    if (!switchOnFor || leftMs <= 0) return;
    await switchOnFor(Math.min(LEASE_MS, leftMs));
  }

  function renewLater(turn: number, untilMs: number): void {
    renewal = clock.after(RENEW_MS, () => {
      if (turn !== latest || clock.now().monotonicMs >= untilMs) return;
      lease(untilMs)
        .catch((error: unknown) =>
          log.warn({ code: errorCode(error) }, "a relay's own timer was not renewed"),
        )
        .finally(() => {
          if (turn === latest) renewLater(turn, untilMs);
        });
    });
  }

  const { isSounding } = relay;
  return {
    ...(isSounding && { isSounding: () => isSounding() }),
    async switch(on) {
      endLease();
      const turn = latest;
      if (!on) await relay.switch(false);
      else if (!relay.switchOnFor) await relay.switch(true);
      else {
        const untilMs = clock.now().monotonicMs + maxOnMs;
        await lease(untilMs);
        if (turn === latest) renewLater(turn, untilMs);
      }
      await confirm(on);
    },
    readBack: () => relay.readBack(),
    close() {
      endLease();
      return relay.close();
    },
  };
}
