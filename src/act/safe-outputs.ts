import type { Gpio, SerialDevices } from "../core/devices.ts";
import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Speaker } from "../core/site.ts";

/**
 * Switches every amplifier off, as far as devices answer; for use when no gateway runs.
 * @returns the speakers whose relay did not take the order.
 */
export async function makeOutputsSafe(
  devices: { readonly gpio: Gpio; readonly serial: SerialDevices; readonly log: Logger },
  speakers: readonly Speaker[],
): Promise<string[]> {
  const unsafe: string[] = [];
  for (const { id, power } of speakers) {
    if (!power) continue;
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
      devices.log.error({ speaker: id, code: errorCode(error) }, "a relay could not be switched off");
      unsafe.push(id);
    }
  }
  return unsafe;
}
