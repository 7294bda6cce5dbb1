import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { PowerWiring } from "../core/output-wiring.ts";
import type { Speaker, Switch } from "../core/site.ts";
import { type Clock, within } from "../core/time.ts";
import { type SomeRelayDevices, takeRelay } from "./take-relay.ts";

/** A port that does not open and a write that is not taken are given up sooner (drivers/serial); this is for the rest. */
const RELAY_WITHIN_MS = 4000;

/**
 * Switches every amplifier, siren and light off, as far as devices answer; for use when no gateway runs. All at once:
 * a device that takes its time keeps no other on.
 * @returns the speakers and switches whose relay did not take the order.
 */
export async function makeOutputsSafe(
  devices: SomeRelayDevices & { readonly clock: Clock; readonly log: Logger },
  outputs: {
    readonly speakers: readonly Pick<Speaker, "id" | "power">[];
    readonly switches: readonly Pick<Switch, "id" | "relay">[];
  },
): Promise<string[]> {
  const relays = [
    ...outputs.speakers.flatMap(({ id, power }) => (power ? [{ id, power }] : [])),
    ...outputs.switches.map(({ id, relay }) => ({ id, power: relay })),
  ];
  const unsafe = await Promise.all(
    relays.map(async ({ id, power }) => {
      try {
        await within(devices.clock, RELAY_WITHIN_MS, `switching ${id} off`, switchOff(devices, power));
        return [];
      } catch (error) {
        devices.log.error({ output: id, code: errorCode(error) }, "a relay could not be switched off");
        return [id];
      }
    }),
  );
  return unsafe.flat();
}

async function switchOff(devices: SomeRelayDevices, wiring: PowerWiring): Promise<void> {
  const relay = await takeRelay(devices, wiring);
  try {
    await relay.switch(false);
  } finally {
    await relay.close();
  }
}
