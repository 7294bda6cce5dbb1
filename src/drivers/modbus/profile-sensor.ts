import type { SensorReader } from "../../core/devices.ts";
import type { SensorProfile } from "../../core/profiles.ts";
import type { ModbusBus } from "./modbus-bus.ts";

/** Registers this close together are fetched in one read where the profile allows it. */
const WIDEST_READ = 16;
const MOST_DECIMALS = 6;
/** Enough for millimetres in a kilometre; keeps 1.2340000000000002 off the page. */
const DECIMALS_KEPT = 6;

export interface SensorAddress {
  readonly bus: Pick<ModbusBus, "readRegisters">;
  /** Modbus unit. */
  readonly address: number;
  readonly profile: SensorProfile;
  /** As `RegisterRead` has it. */
  readonly insists?: boolean | undefined;
}

/** Reads one quantity as its profile says. */
export function openSensor({ bus, address, profile, insists }: SensorAddress): SensorReader {
  const spans = registerSpans(profile);

  return {
    unit: profile.unit,
    accumulates: profile.accumulates,
    async read() {
      const registers = new Map<number, number>();
      for (const { register, count } of spans) {
        const words = await bus.readRegisters({
          unit: address,
          functionCode: profile.functionCode,
          register,
          count,
          insists,
        });
        words.forEach((word, index) => {
          registers.set(register + index, word);
        });
      }
      return decodeReading(profile, registers);
    },
  };
}

interface Span {
  readonly register: number;
  readonly count: number;
}

function registerSpans(profile: SensorProfile): Span[] {
  const spans: Span[] = [{ register: profile.register, count: wordCount(profile) }];
  const { decimalsRegister, unitRegister, statusRegister } = profile;
  for (const register of [decimalsRegister, unitRegister?.register, statusRegister?.register]) {
    if (register !== undefined) spans.push({ register, count: 1 });
  }
  const first = Math.min(...spans.map((span) => span.register));
  const end = Math.max(...spans.map((span) => span.register + span.count));
  const inOneGo = profile.contiguousReads && end - first <= WIDEST_READ;
  return inOneGo ? [{ register: first, count: end - first }] : spans;
}

function wordCount({ type }: SensorProfile): 1 | 2 {
  return type === "int16" || type === "uint16" ? 1 : 2;
}

/**
 * The reading in `profile.unit`; null for a sentinel or a bad status of the device, an unknown unit or number of
 * decimals, and whatever cannot be physically true.
 * @param registers address to raw word, 0 to 65535.
 */
export function decodeReading(profile: SensorProfile, registers: ReadonlyMap<number, number>): number | null {
  const first = registers.get(profile.register);
  const second = registers.get(profile.register + 1);
  const words = wordCount(profile) === 1 ? [first] : [first, second];
  if (words.includes(undefined)) return null;
  if (profile.wordOrder === "low-first") words.reverse();
  const bytes = Buffer.alloc(2 * words.length);
  words.forEach((word, index) => {
    bytes.writeUInt16BE(word ?? 0, 2 * index);
  });
  if (profile.invalid.includes(bytes.readUIntBE(0, bytes.length))) return null;
  if (!statusIsGood(profile, registers)) return null;

  const decimals =
    profile.decimalsRegister === undefined ? profile.decimals : registers.get(profile.decimalsRegister);
  if (decimals === undefined || decimals > MOST_DECIMALS) return null;
  const factor = unitFactor(profile, registers);
  if (factor === undefined) return null;

  const value = (rawValue(profile, bytes) / 10 ** decimals) * profile.scale * factor + profile.offset;
  if (!Number.isFinite(value) || value < profile.min || value > profile.max) return null;
  return Number(value.toFixed(DECIMALS_KEPT));
}

function rawValue({ type }: SensorProfile, bytes: Buffer): number {
  switch (type) {
    case "int16":
      return bytes.readInt16BE();
    case "uint16":
      return bytes.readUInt16BE();
    case "int32":
      return bytes.readInt32BE();
    case "uint32":
      return bytes.readUInt32BE();
    case "float32":
      return bytes.readFloatBE();
  }
}

function unitFactor(
  { unitRegister }: SensorProfile,
  registers: ReadonlyMap<number, number>,
): number | undefined {
  return unitRegister ? unitRegister.factors[String(registers.get(unitRegister.register))] : 1;
}

function statusIsGood({ statusRegister }: SensorProfile, registers: ReadonlyMap<number, number>): boolean {
  if (!statusRegister) return true;
  const status = registers.get(statusRegister.register);
  return status !== undefined && status >= statusRegister.min && status <= statusRegister.max;
}
