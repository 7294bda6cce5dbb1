import { loadProfiles } from "../../src/config/profiles.ts";
import { silentLogger } from "../../src/core/log.ts";
import type { VoiceModuleProfile } from "../../src/core/profiles.ts";
import { systemClock } from "../../src/core/time.ts";
import { createSerialDevices } from "../../src/drivers/serial/serial-devices.ts";

const loaded = await loadProfiles();
if (!loaded.ok) throw new Error("the profiles do not load");
export const { profiles } = loaded;

/** A shipped profile with times that a test can wait for. */
export function quickModule(id: string, change: Partial<VoiceModuleProfile> = {}): VoiceModuleProfile {
  const profile = profiles.voiceModules.get(id);
  if (!profile) throw new Error(`there is no profile ${id}`);
  const quick = profile.codec === "dfplayer" ? { acknowledgeMs: 250 } : { acknowledgeMs: 250, pollMs: 50 };
  return { ...profile, ...quick, ...change } as VoiceModuleProfile;
}

/** The real drivers on a line named `bus`; they are stopped with the test. */
export function openSerialDevices(
  port: string,
  cleanups: (() => Promise<unknown>)[],
  voiceModules: readonly VoiceModuleProfile[] = [],
) {
  const devices = createSerialDevices({
    buses: [{ id: "bus", port, baudRate: 9600, parity: "none", stopBits: 1, framing: "rtu" }],
    profiles: { ...profiles, voiceModules: new Map(voiceModules.map((profile) => [profile.id, profile])) },
    clock: systemClock,
    random: () => 1,
    log: silentLogger,
  });
  cleanups.push(() => devices.stop());
  return devices;
}
