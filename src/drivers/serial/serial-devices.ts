import type { SerialDevices } from "../../core/devices.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Part } from "../../core/part.ts";
import { type ProfileCatalogue, readsAloud } from "../../core/profiles.ts";
import type { Bus } from "../../core/site.ts";
import type { Clock } from "../../core/time.ts";
import { createDfplayerModule } from "./dfplayer-module.ts";
import { createJq8900Module } from "./jq8900-module.ts";
import { createLcusRelay } from "./lcus-relay.ts";
import { createSerialAmplifier } from "./serial-amplifier.ts";
import { createSerialLink, type SerialLink } from "./serial-link.ts";
import { createSpeechModule } from "./speech-module.ts";

export interface SerialDevicesDependencies {
  readonly buses: readonly Bus[];
  readonly profiles: Pick<ProfileCatalogue, "relays" | "amplifiers" | "voiceModules">;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
}

/**
 * Serial relays, amplifiers and voice modules by bus. A port is opened with the first device on it and not by `start`: the other
 * buses belong to drivers/modbus, and a relay is to be off before anything else begins. After `stop` every device
 * answers `serial.port_lost`.
 */
export function createSerialDevices(dependencies: SerialDevicesDependencies): SerialDevices & Part {
  const { buses, profiles, clock, random } = dependencies;
  const log = dependencies.log.child({ part: "serial" });
  const links = new Map<string, SerialLink>();
  const devices = new Set<{ close(): Promise<void> }>();
  let stopped = false;

  function linkOf(id: string): SerialLink {
    const known = links.get(id);
    if (known) return known;
    const bus = buses.find((candidate) => candidate.id === id);
    if (!bus) throw missing("serial.unknown_bus", `there is no bus ${id} in the configuration`, id);
    const link = createSerialLink({ clock, random, log }, bus);
    links.set(id, link);
    return link;
  }

  function profileOf<T>(known: ReadonlyMap<string, T>, id: string): T {
    const profile = known.get(id);
    if (profile) return profile;
    throw missing(
      "profile.missing",
      `there is no profile ${id}; known are ${[...known.keys()].join(", ")}`,
      id,
    );
  }

  /** Devices listen before their port opens, so that none misses it. */
  async function add<T extends { close(): Promise<void> }>(link: SerialLink, device: T): Promise<T> {
    const close = device.close.bind(device);
    devices.add(device);
    device.close = () => {
      devices.delete(device);
      return close();
    };
    if (!stopped) await link.start();
    return device;
  }

  return {
    name: "serial",
    async start() {},
    async stop() {
      stopped = true;
      await Promise.all([...devices].map((device) => device.close()));
      await Promise.all([...links.values()].map((link) => link.stop()));
    },
    async openRelay(wiring) {
      const profile = profileOf(profiles.relays, wiring.profile);
      if (profile.codec === "modbus") {
        throw missing("profile.missing", `${profile.name} speaks Modbus: wire it as such`, wiring.bus);
      }
      if (wiring.channel > profile.channels) {
        throw missing(
          "serial.no_channel",
          `${profile.name} has ${profile.channels} channels, not ${wiring.channel}`,
          wiring.bus,
        );
      }
      const link = linkOf(wiring.bus);
      return add(link, createLcusRelay({ link, log }, wiring.channel));
    },
    async openAmplifier(wiring) {
      const profile = profileOf(profiles.amplifiers, wiring.profile);
      const link = linkOf(wiring.bus);
      return add(link, createSerialAmplifier({ link, clock, log }, profile, wiring));
    },
    async openVoiceModule(wiring) {
      const profile = profileOf(profiles.voiceModules, wiring.profile);
      const link = linkOf(wiring.bus);
      if (readsAloud(profile)) {
        throw missing("profile.missing", `${profile.name} holds no recordings`, wiring.bus);
      }
      switch (profile.codec) {
        case "dfplayer":
          return add(link, createDfplayerModule({ link, clock, log }, profile));
        case "jq8900":
          return add(link, createJq8900Module({ link, clock, log }, profile));
      }
    },
    async openSpeechModule(wiring) {
      const profile = profileOf(profiles.voiceModules, wiring.profile);
      if (!readsAloud(profile)) {
        throw missing("profile.missing", `${profile.name} reads nothing aloud`, wiring.bus);
      }
      const link = linkOf(wiring.bus);
      return add(link, createSpeechModule({ link, clock, log }, profile));
    },
  };
}

function missing(code: string, message: string, device: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent", device });
}
