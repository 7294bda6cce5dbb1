import { createModbusSlave, type ModbusSlave } from "./modbus-slave.ts";

const TIP_TENTHS = 2;
const MM_A_TIP = TIP_TENTHS / 10;
const HOUR_MS = 3_600_000;

/** A gauge into which tests and the kit's controls let it rain. */
export interface RainGauge extends ModbusSlave {
  /** The bucket tips so often, at once: 0.2 mm each. */
  tip(times?: number): void;
  /** Lets it rain from now on; 0 ends it. */
  setRainMmPerHour(mmPerHour: number): void;
  /** The supply fails for a moment: the total begins at 0. Rain goes on. */
  losePower(): void;
  /** Ends its own timer. */
  powerOff(): void;
}

export interface RainGaugeConfig {
  /** Default 2, as the CG-04 comes. */
  readonly unit?: number;
  /** What it shows at the start, in tenths of a millimetre, 0 to 65535. Default 0. */
  readonly totalTenths?: number;
}

/**
 * A tipping-bucket gauge like Qingyi's CG-04, 9600 8N1: holding registers 0 to 2 hold totals in tenths of a millimetre since it was
 * switched on; whoever writes to one sets it. They go over from 65535 to 0.
 */
export function createRainGauge({ unit = 2, totalTenths = 0 }: RainGaugeConfig = {}): RainGauge {
  const slave = createModbusSlave({
    unit,
    holdingRegisters: { 0: totalTenths, 1: totalTenths, 2: totalTenths },
  });
  let timer: NodeJS.Timeout | undefined;

  function tip(times = 1): void {
    for (const [register, total] of slave.holdingRegisters) {
      slave.holdingRegisters.set(register, (total + TIP_TENTHS * times) & 0xffff);
    }
  }

  return {
    ...slave,
    tip,
    setRainMmPerHour(mmPerHour) {
      clearInterval(timer);
      timer = mmPerHour > 0 ? setInterval(() => tip(), (MM_A_TIP / mmPerHour) * HOUR_MS).unref() : undefined;
    },
    losePower() {
      for (const register of slave.holdingRegisters.keys()) slave.holdingRegisters.set(register, 0);
    },
    powerOff: () => clearInterval(timer),
  };
}
