import type { SensorReader } from "../core/devices.ts";
import { GatewayError } from "../core/errors.ts";
import type { PowerWiring } from "../core/output-wiring.ts";
import type { SensorProfile } from "../core/profiles.ts";
import type { SensorTrial } from "../core/set-up.ts";
import type { Bus, Speaker, Switch } from "../core/site.ts";
import { type Clock, within } from "../core/time.ts";

/** A device of four registers apart that is silent takes eight time-outs of 800 ms, and a line of other silent ones its turn. */
const MOST_MS = 10_000;

export interface SensorTrialDependencies {
  /** @throws GatewayError `modbus.unknown_bus` (permanent). */
  openSensor(sensor: {
    readonly bus: string;
    readonly address: number;
    readonly profile: SensorProfile;
  }): SensorReader;
  readonly clock: Clock;
}

/** What of a site tells where Modbus is spoken. */
export interface WiredLines {
  readonly speakers: readonly Pick<Speaker, "power" | "audio">[];
  readonly switches: readonly Pick<Switch, "relay">[];
  readonly gps?: Pick<Bus, "id"> | undefined;
}

export function createSensorTrial(
  { openSensor, clock }: SensorTrialDependencies,
  { profiles, ...lines }: WiredLines & { readonly profiles: ReadonlyMap<string, SensorProfile> },
): SensorTrial {
  const others = otherLines(lines);
  let isReading = false;
  return {
    async read({ profile: model, bus, address }) {
      const profile = profiles.get(model);
      if (!profile) throw refused("profile.missing", `there is no sensor profile ${model}`);
      if (others.has(bus)) throw refused("sensor_trial.other_line", `${bus} carries something else`);
      if (isReading) throw refused("sensor_trial.busy", "another one is being read");
      const reader = openSensor({ bus, address, profile });
      isReading = true;
      // Not over with what waits for it: a line that hangs has one such read on it, and no more.
      const reading = readOnce(reader).finally(() => {
        isReading = false;
      });
      return within(clock, MOST_MS, `reading unit ${address} of ${bus}`, reading);
    },
  };
}

async function readOnce(reader: SensorReader) {
  return { value: await reader.read(), unit: reader.unit };
}

/** Lines on which a question would be bytes that mean something else: a relay board may take them for an order. */
function otherLines({ speakers, switches, gps }: WiredLines): ReadonlySet<string> {
  const powers = [...speakers.flatMap(({ power }) => power ?? []), ...switches.map(({ relay }) => relay)];
  return new Set([
    ...powers.flatMap((power) => serialBus(power) ?? []),
    ...speakers.flatMap(({ audio }) => (audio.kind === "module" ? [audio.module.bus] : [])),
    ...(gps ? [gps.id] : []),
  ]);
}

function serialBus(power: PowerWiring): string | undefined {
  if ("serial" in power) return power.serial.bus;
  return "amplifier" in power ? power.amplifier.bus : undefined;
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
