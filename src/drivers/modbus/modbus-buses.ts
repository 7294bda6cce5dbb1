import type { ModbusRelays, SensorReader } from "../../core/devices.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Part } from "../../core/part.ts";
import type { ProfileCatalogue, SensorProfile } from "../../core/profiles.ts";
import type { Bus } from "../../core/site.ts";
import { createModbusBus, type ModbusBus, type ModbusBusDependencies } from "./modbus-bus.ts";
import { createModbusRelay } from "./modbus-relay.ts";
import { openSensor } from "./profile-sensor.ts";

export interface SensorOnBus {
  readonly bus: string;
  /** Modbus unit. */
  readonly address: number;
  readonly profile: SensorProfile;
  /** A person waits: it is asked even where it was silent a moment ago. */
  readonly insists?: boolean | undefined;
}

export interface ModbusBuses extends Part, ModbusRelays {
  /** @throws GatewayError `modbus.unknown_bus` (permanent). */
  bus(id: string): ModbusBus;
  /** @throws GatewayError `modbus.unknown_bus` (permanent). */
  openSensor(sensor: SensorOnBus): SensorReader;
}

/** Every configured bus; one that no Modbus device is on is never opened. */
export function createModbusBuses(
  dependencies: ModbusBusDependencies & {
    readonly buses: readonly Bus[];
    readonly profiles: Pick<ProfileCatalogue, "relays">;
  },
): ModbusBuses {
  const buses = new Map(dependencies.buses.map((bus) => [bus.id, createModbusBus(dependencies, bus)]));

  function bus(id: string): ModbusBus {
    const known = buses.get(id);
    if (known) return known;
    throw permanent("modbus.unknown_bus", `there is no bus ${id} in the configuration`, id);
  }

  return {
    name: "modbus",
    async start() {
      await Promise.all([...buses.values()].map((bus) => bus.start()));
    },
    async stop() {
      await Promise.all([...buses.values()].map((bus) => bus.stop()));
    },
    bus,
    async openRelay(wiring) {
      const profile = dependencies.profiles.relays.get(wiring.profile);
      if (profile?.codec !== "modbus") {
        throw permanent("profile.missing", `there is no Modbus relay profile ${wiring.profile}`, wiring.bus);
      }
      if (wiring.channel > profile.channels) {
        const has = `${profile.name} has ${profile.channels} channels, not ${wiring.channel}`;
        throw permanent("relay.no_channel", has, wiring.bus);
      }
      const line = bus(wiring.bus);
      // Before the other parts start: a relay is to be off before anything else begins.
      await line.start();
      return createModbusRelay({ bus: line, log: dependencies.log }, profile, wiring);
    },
    openSensor: (sensor) => openSensor({ ...sensor, bus: bus(sensor.bus) }),
  };
}

function permanent(code: string, message: string, device: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent", device });
}
