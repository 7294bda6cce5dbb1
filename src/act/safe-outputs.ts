import type { Gpio, SerialDevices } from "../core/devices.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Speaker, Switch } from "../core/site.ts";

/**
 * Switches every amplifier, siren and light off, as far as devices answer; for use when no gateway runs.
 * @returns the speakers and switches whose relay did not take the order.
 */
export async function makeOutputsSafe(
  devices: { readonly gpio: Gpio; readonly serial: SerialDevices; readonly log: Logger },
  { speakers, switches }: { readonly speakers: readonly Speaker[]; readonly switches: readonly Switch[] },
): Promise<string[]> {
  const unsafe: string[] = [];
  const relays = [
    ...speakers.flatMap(({ id, power }) => (power ? [{ id, power }] : [])),
    ...switches.map(({ id, relay }) => ({ id, power: relay })),
  ];
  for (const { id, power } of relays) {
    try {
      const relay =
        "gpio" in power
          ? await devices.gpio.openRelay(power.gpio)
          : await devices.serial.openRelay(power.serial);
      try {
        await relay.switch(false);
      } finally {
        await relay.close();
      }
    } catch (error) {
      devices.log.error({ output: id, code: errorCode(error) }, "a relay could not be switched off");
      unsafe.push(id);
    }
  }
  return unsafe;
}
