import type { AmplifierWiring, ModbusRelayWiring, SerialRelayWiring } from "../core/output-wiring.ts";
import type { VoiceModuleWiring } from "../core/site.ts";
import type { SiteFile } from "./schema.ts";

/** A device on a bus that a speaker, siren or light needs, and where it stands in the file. */
export type OutputDevice = {
  readonly path: readonly PropertyKey[];
  readonly bus: string;
  readonly profile: string;
  /** Id of the speaker or switch. */
  readonly owner: string;
} & (
  | { readonly kind: "serial"; readonly wiring: SerialRelayWiring }
  | { readonly kind: "modbus"; readonly wiring: ModbusRelayWiring }
  | { readonly kind: "amplifier"; readonly wiring: AmplifierWiring }
  | { readonly kind: "module"; readonly wiring: VoiceModuleWiring }
);

export function outputDevices(file: SiteFile): OutputDevice[] {
  const found: OutputDevice[] = [];
  file.speakers.forEach(({ id: owner, power, audio }, index) => {
    const path = ["speakers", index];
    if (power && "relay" in power)
      found.push(...relayDevice(owner, power.relay, [...path, "power", "relay"]));
    if (power && "amplifier" in power) {
      const { amplifier: wiring } = power;
      found.push({ kind: "amplifier", ...placed(wiring, owner, [...path, "power", "amplifier"]) });
    }
    if (audio.kind === "module") {
      found.push({ kind: "module", ...placed(audio.module, owner, [...path, "audio", "module"]) });
    }
  });
  file.switches.forEach(({ id: owner, relay }, index) => {
    found.push(...relayDevice(owner, relay, ["switches", index, "relay"]));
  });
  return found;
}

function relayDevice(
  owner: string,
  relay: SiteFile["switches"][number]["relay"],
  path: readonly PropertyKey[],
): OutputDevice[] {
  if ("serial" in relay) return [{ kind: "serial", ...placed(relay.serial, owner, [...path, "serial"]) }];
  if ("modbus" in relay) return [{ kind: "modbus", ...placed(relay.modbus, owner, [...path, "modbus"]) }];
  return [];
}

function placed<W extends { readonly bus: string; readonly profile: string }>(
  wiring: W,
  owner: string,
  path: readonly PropertyKey[],
) {
  return { path, bus: wiring.bus, profile: wiring.profile, owner, wiring };
}
