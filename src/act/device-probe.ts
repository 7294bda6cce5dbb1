import type { SoundingProbe } from "../core/devices.ts";

/**
 * What the devices of one speaker say together: a module that plays through an amplifier that is muted is not heard. One that does
 * not answer leaves the others' word unproven.
 * @returns undefined where no device can be asked.
 */
export function createDeviceProbe(probes: readonly SoundingProbe[]): SoundingProbe | undefined {
  if (probes.length === 0) return undefined;
  return {
    async isSounding() {
      const said = await Promise.all(probes.map((probe) => probe.isSounding()));
      if (said.includes(false)) return false;
      return said.includes("unknown") ? "unknown" : true;
    },
  };
}
