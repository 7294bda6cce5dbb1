import type { Relay } from "../../core/devices.ts";
import { errorCode, errorMessage } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { ModbusRelayWiring } from "../../core/output-wiring.ts";
import type { ModbusRelayProfile } from "../../core/profiles.ts";
import type { ModbusBus } from "./modbus-bus.ts";

const OFF_VALUE = 0;

/** Where function 5 writes for an order, and what. */
export function relayWrite(
  { firstCoil, onValue, timer }: ModbusRelayProfile,
  channel: number,
  order: { readonly on: boolean } | { readonly forMs: number },
): { readonly coil: number; readonly value: number } {
  if ("on" in order) return { coil: firstCoil + channel - 1, value: order.on ? onValue : OFF_VALUE };
  if (!timer) throw new RangeError("the board has no timer");
  const steps = Math.ceil(order.forMs / timer.stepMs);
  return { coil: timer.coil + channel - 1, value: Math.min(timer.maxSteps, Math.max(1, steps)) };
}

/** One channel of a board on Modbus RTU or TCP; it is told to be off before this resolves. */
export async function createModbusRelay(
  dependencies: {
    readonly bus: Pick<ModbusBus, "readCoils" | "writeCoilValue">;
    readonly log: Logger;
  },
  profile: ModbusRelayProfile,
  { bus: id, channel, address = profile.address }: ModbusRelayWiring,
): Promise<Relay> {
  const { bus } = dependencies;
  const log = dependencies.log.child({ bus: id, unit: address, channel });

  function give(order: Parameters<typeof relayWrite>[2]): Promise<void> {
    const { coil, value } = relayWrite(profile, channel, order);
    return bus.writeCoilValue(address, coil, value);
  }

  async function offIfItCan(when: string): Promise<void> {
    try {
      await give({ on: false });
    } catch (error) {
      log.warn({ code: errorCode(error), reason: errorMessage(error) }, `relay not switched off ${when}`);
    }
  }

  await offIfItCan("when it was opened");
  return {
    switch: (on) => give({ on }),
    ...(profile.timer && { switchOnFor: (forMs: number) => give({ forMs }) }),
    async readBack() {
      if (!profile.readsBack) return "unknown";
      const [on] = await bus.readCoils(address, profile.firstCoil + channel - 1, 1);
      return on ?? "unknown";
    },
    close: () => offIfItCan("at close"),
  };
}
