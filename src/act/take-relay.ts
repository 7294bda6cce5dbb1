import type { Gpio, ModbusRelays, Relay, SerialDevices } from "../core/devices.ts";
import { GatewayError } from "../core/errors.ts";
import type { PowerWiring } from "../core/output-wiring.ts";

/** Whatever can hold a relay. */
export interface RelayDevices {
  readonly gpio: Gpio;
  readonly serial: Pick<SerialDevices, "openRelay" | "openAmplifier">;
  readonly modbus: ModbusRelays;
}

/** As many of them as the relays in question need. */
export type SomeRelayDevices = Pick<RelayDevices, "gpio"> & {
  readonly [Kind in "serial" | "modbus"]?: RelayDevices[Kind] | undefined;
};

/** The relay as its device has it; opening it switches it off. */
export async function takeRelay(
  { gpio, serial, modbus }: SomeRelayDevices,
  wiring: PowerWiring,
): Promise<Relay> {
  if ("gpio" in wiring) return gpio.openRelay(wiring.gpio);
  if ("serial" in wiring && serial) return serial.openRelay(wiring.serial);
  if ("modbus" in wiring && modbus) return modbus.openRelay(wiring.modbus);
  if ("amplifier" in wiring && serial) return serial.openAmplifier(wiring.amplifier);
  throw new GatewayError("the devices of this wiring were not given", {
    code: "relay.no_devices",
    kind: "bug",
  });
}
