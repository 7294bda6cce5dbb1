import { createModbusSlave, type ModbusSlave } from "./modbus-slave.ts";

/** A sensor whose water level tests and the kit's controls move. */
export interface LevelSensor extends ModbusSlave {
  /** Level above the sensor's own zero in metres; what a model cannot show it shows as its nearest limit. */
  setLevelMetres(metres: number): void;
}

/** How a submersible probe shows its value: `value = raw / 10^decimals` in `unitMetres`. */
export interface SubmersibleConfig {
  /** Default 1. */
  readonly unit?: number;
  /** Register 0x0002. Default 1, centimetres. */
  readonly unitCode?: number;
  /** Metres in one of the code's unit. Default 0.01. */
  readonly unitMetres?: number;
  /** Register 0x0003, 0 to 4. Default 1: with centimetres a count is 1 mm and the range 32.7 m. */
  readonly decimals?: number;
  /** Default 0. */
  readonly levelMetres?: number;
}

/**
 * A QDY30A-like submersible pressure probe, 9600 8N1: 0x0002 unit code, 0x0003 decimals, 0x0004 signed value, with
 * 0x0000 address and 0x0001 baud code before them. The map is community-sourced.
 */
export function createSubmersibleLevelSensor(config: SubmersibleConfig = {}): LevelSensor {
  const { unit = 1, unitCode = 1, unitMetres = 0.01, decimals = 1, levelMetres = 0 } = config;
  const baudCode9600 = 3;
  const slave = createModbusSlave({
    unit,
    holdingRegisters: { 0: unit, 1: baudCode9600, 2: unitCode, 3: decimals, 4: 0 },
  });
  function setLevelMetres(metres: number): void {
    const counts = Math.round((metres / unitMetres) * 10 ** decimals);
    slave.holdingRegisters.set(4, clamp(counts, -0x8000, 0x7fff) & 0xffff);
  }
  setLevelMetres(levelMetres);
  return { ...slave, setLevelMetres };
}

export interface RadarConfig {
  /** Default 1. */
  readonly unit?: number;
  /** Where it really hangs above the zero level, in metres, 0 to 30. */
  readonly mountedAtMetres: number;
  /**
   * What a technician has told it (register 0x0005, cm); a master can write it. Default: the truth.
   * 0 is a radar fresh from the box, whose level means nothing yet.
   */
  readonly installHeightCm?: number;
  /** Default 0. */
  readonly levelMetres?: number;
}

/**
 * A radar like DFRobot's SEN0676, 115200 8N1: 0x0001 empty height (mm), 0x0003 level (mm), 0x0005 install height (cm).
 * It measures the empty height only; the level is what it was told about its mounting minus that.
 */
export function createRadarLevelSensor(config: RadarConfig): LevelSensor {
  const { unit = 1, mountedAtMetres, levelMetres = 0 } = config;
  const told = config.installHeightCm ?? Math.round(mountedAtMetres * 100);
  const slave = createModbusSlave({ unit, holdingRegisters: { 1: 0, 3: 0, 5: told } });
  function showLevel(): void {
    const toldMm = (slave.holdingRegisters.get(5) ?? 0) * 10;
    slave.holdingRegisters.set(3, clamp(toldMm - (slave.holdingRegisters.get(1) ?? 0), 0, 0xffff));
  }
  function setLevelMetres(metres: number): void {
    slave.holdingRegisters.set(1, clamp(Math.round((mountedAtMetres - metres) * 1000), 0, 0xffff));
    showLevel();
  }
  slave.onWrite(showLevel);
  setLevelMetres(levelMetres);
  return { ...slave, setLevelMetres };
}

/** What the sensor says instead of a distance (DFRobot wiki, SEN0754): it must never become a level. */
export const ULTRASONIC_SENTINEL = { interference: 0xfffe, noTarget: 0xfffd } as const;

export interface UltrasonicLevelSensor extends LevelSensor {
  /** Until undone with undefined, the sensor shows the sentinel. */
  disturb(by: keyof typeof ULTRASONIC_SENTINEL | undefined): void;
}

/**
 * An ultrasonic distance sensor like DFRobot's SEN0754 above the water, 115200 8N1: distance in mm, smoothed at 0x0100
 * and live at 0x0101 (addresses as the maker documents them for the sibling SEN0591).
 */
export function createUltrasonicLevelSensor(config: {
  readonly unit?: number;
  readonly mountedAtMetres: number;
  readonly levelMetres?: number;
}): UltrasonicLevelSensor {
  const { unit = 1, mountedAtMetres, levelMetres = 0 } = config;
  const slave = createModbusSlave({ unit, holdingRegisters: { 256: 0, 257: 0 } });
  let distanceMm = 0;
  let disturbance: keyof typeof ULTRASONIC_SENTINEL | undefined;
  function show(): void {
    const shown = disturbance === undefined ? distanceMm : ULTRASONIC_SENTINEL[disturbance];
    slave.holdingRegisters.set(0x0100, shown).set(0x0101, shown);
  }
  function setLevelMetres(metres: number): void {
    distanceMm = clamp(Math.round((mountedAtMetres - metres) * 1000), 0, ULTRASONIC_SENTINEL.noTarget - 1);
    show();
  }
  setLevelMetres(levelMetres);
  return {
    ...slave,
    setLevelMetres,
    disturb(by) {
      disturbance = by;
      show();
    },
  };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
