import type { SensorReader } from "../../core/devices.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Part } from "../../core/part.ts";
import type { SensorProfile } from "../../core/profiles.ts";
import type { Bus } from "../../core/site.ts";
import { createModbusBus, type ModbusBus, type ModbusBusDependencies } from "./modbus-bus.ts";
import { openSensor } from "./profile-sensor.ts";

export interface SensorOnBus {
  readonly bus: string;
  /** Modbus unit. */
  readonly address: number;
  readonly profile: SensorProfile;
}

export interface ModbusBuses extends Part {
  /** @throws GatewayError `modbus.unknown_bus` (permanent). */
  bus(id: string): ModbusBus;
  /** @throws GatewayError `modbus.unknown_bus` (permanent). */
  openSensor(sensor: SensorOnBus): SensorReader;
}

/** Every configured bus; one that no Modbus device is on is never opened. */
export function createModbusBuses(
  dependencies: ModbusBusDependencies & { readonly buses: readonly Bus[] },
): ModbusBuses {
  const buses = new Map(dependencies.buses.map((bus) => [bus.id, createModbusBus(dependencies, bus)]));

  function bus(id: string): ModbusBus {
    const known = buses.get(id);
    if (known) return known;
    throw new GatewayError(`there is no bus ${id} in the configuration`, {
      code: "modbus.unknown_bus",
      kind: "permanent",
      device: id,
    });
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
    openSensor: (sensor) => openSensor({ ...sensor, bus: bus(sensor.bus) }),
  };
}
