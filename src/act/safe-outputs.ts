import type { SerialDevices } from "../core/devices.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { PowerWiring } from "../core/output-wiring.ts";
import type { Speaker, Switch, VoiceModuleWiring } from "../core/site.ts";
import { type Clock, within } from "../core/time.ts";
import { type SomeRelayDevices, takeRelay } from "./take-relay.ts";

/** A port that does not open and a write that is not taken are given up sooner (drivers/serial); this is for the rest. */
const OUTPUT_WITHIN_MS = 4000;

type SafeDevices = SomeRelayDevices & {
  readonly serial?: Pick<SerialDevices, "openVoiceModule" | "openSpeechModule"> | undefined;
  readonly clock: Clock;
  readonly log: Logger;
};

/**
 * Switches every amplifier, siren and light off, and stops voice modules whose horns have no relay, as far as devices answer;
 * for use when no gateway runs. All at once: a device that takes its time keeps no other on.
 * @returns the speakers and switches that did not take the order.
 */
export async function makeOutputsSafe(
  devices: SafeDevices,
  outputs: {
    readonly speakers: readonly (Pick<Speaker, "id" | "power"> & {
      readonly module?: VoiceModuleWiring | undefined;
    })[];
    readonly switches: readonly Pick<Switch, "id" | "relay">[];
  },
): Promise<string[]> {
  const orders = [
    ...outputs.speakers.flatMap(({ id, power, module }) => [
      ...(power ? [{ id, give: () => switchOff(devices, power) }] : []),
      ...(module ? [{ id, give: () => stopModule(devices, module) }] : []),
    ]),
    ...outputs.switches.map(({ id, relay }) => ({ id, give: () => switchOff(devices, relay) })),
  ];
  const unsafe = await Promise.all(
    orders.map(async ({ id, give }) => {
      try {
        await within(devices.clock, OUTPUT_WITHIN_MS, `making ${id} safe`, give());
        return [];
      } catch (error) {
        devices.log.error({ output: id, code: errorCode(error) }, "an output could not be made safe");
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

async function stopModule({ serial }: SafeDevices, wiring: VoiceModuleWiring): Promise<void> {
  if (!serial)
    throw new GatewayError("no serial devices were given", { code: "relay.no_devices", kind: "bug" });
  const open = wiring.tracks ? serial.openVoiceModule : serial.openSpeechModule;
  await (await open(wiring)).stop();
}
