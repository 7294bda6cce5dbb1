// hw/virtual/modbus/: Modbus devices that answer real RTU and TCP masters, with a codec of their own, apart from
// src/drivers, so that each checks the other. May import node builtins, src/core and hw/virtual/serial.
import { createSignal } from "../../../src/core/signals.ts";

/** Addresses the device has; any other is "illegal data address". */
export type BitTable = Map<number, boolean>;
/** Values are unsigned, 0 to 65535; a negative number is stored as its two's complement. */
export type RegisterTable = Map<number, number>;

export interface ModbusWrite {
  readonly table: "coils" | "holdingRegisters";
  readonly address: number;
  readonly values: readonly number[];
}

export interface SlaveFaults {
  /** Hears and acts but does not answer. */
  mute: boolean;
  /** Answers everything with this exception code, e.g. 4 "device failure" or 6 "busy", and does not act. */
  exception: number | undefined;
  /** RTU only: the checksum of every answer is wrong. */
  wrongCrc: boolean;
}

export interface ModbusSlave {
  /** 1 to 247; some boards come as 255. */
  readonly unit: number;
  readonly coils: BitTable;
  readonly discreteInputs: BitTable;
  readonly holdingRegisters: RegisterTable;
  readonly inputRegisters: RegisterTable;
  readonly faults: SlaveFaults;
  /** Calls after a master wrote, also when nothing changed by it. Returns how to stop. */
  onWrite(listener: (write: ModbusWrite) => void): () => void;
  /** The answer to one request without addressing and checksum; undefined when mute. */
  answer(pdu: Buffer): Buffer | undefined;
}

export interface ModbusSlaveConfig {
  readonly unit: number;
  /** How many coils from address 0, all off. */
  readonly coils?: number;
  readonly discreteInputs?: number;
  /** Address to first value. */
  readonly holdingRegisters?: Readonly<Record<number, number>>;
  readonly inputRegisters?: Readonly<Record<number, number>>;
}

// MODBUS Application Protocol Specification V1.1b3, chapters 6 and 7.
const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;

class ModbusException extends Error {
  readonly exception: number;
  constructor(exception: number) {
    super(`Modbus exception ${exception}`);
    this.exception = exception;
  }
}

/** Functions 1 to 6, 15 and 16 over tables; a table that is empty at the start is not there at all. */
export function createModbusSlave(config: ModbusSlaveConfig): ModbusSlave {
  const coils = offBits(config.coils ?? 0);
  const discreteInputs = offBits(config.discreteInputs ?? 0);
  const holdingRegisters = registers(config.holdingRegisters ?? {});
  const inputRegisters = registers(config.inputRegisters ?? {});
  const faults: SlaveFaults = { mute: false, exception: undefined, wrongCrc: false };
  const writes = createSignal<ModbusWrite>();

  function write(table: "coils" | "holdingRegisters", address: number, values: readonly number[]): void {
    const target: ReadonlyMap<number, unknown> = table === "coils" ? coils : holdingRegisters;
    for (const index of values.keys()) valueAt(target, address + index);
    values.forEach((value, index) => {
      if (table === "coils") coils.set(address + index, value !== 0);
      else holdingRegisters.set(address + index, value);
    });
    writes.emit({ table, address, values });
  }

  function perform(pdu: Buffer): Buffer {
    switch (pdu.readUInt8(0)) {
      case 1:
        return readBits(coils, pdu);
      case 2:
        return readBits(discreteInputs, pdu);
      case 3:
        return readRegisters(holdingRegisters, pdu);
      case 4:
        return readRegisters(inputRegisters, pdu);
      case 5:
        needTable(coils);
        write("coils", word(pdu, 1), [coilOrder(word(pdu, 3, 5))]);
        return pdu;
      case 6:
        needTable(holdingRegisters);
        write("holdingRegisters", word(pdu, 1), [word(pdu, 3, 5)]);
        return pdu;
      case 15:
        needTable(coils);
        write("coils", word(pdu, 1), bitsToWrite(pdu));
        return pdu.subarray(0, 5);
      case 16:
        needTable(holdingRegisters);
        write("holdingRegisters", word(pdu, 1), registersToWrite(pdu));
        return pdu.subarray(0, 5);
      default:
        throw new ModbusException(ILLEGAL_FUNCTION);
    }
  }

  function answerAloud(pdu: Buffer): Buffer {
    const refusal = (exception: number): Buffer => Buffer.from([pdu.readUInt8(0) | 0x80, exception]);
    if (faults.exception !== undefined) return refusal(faults.exception);
    try {
      return perform(pdu);
    } catch (error) {
      if (error instanceof ModbusException) return refusal(error.exception);
      throw error;
    }
  }

  return {
    unit: config.unit,
    coils,
    discreteInputs,
    holdingRegisters,
    inputRegisters,
    faults,
    onWrite: writes.on,
    answer(pdu) {
      const spoken = answerAloud(pdu);
      return faults.mute ? undefined : spoken;
    },
  };
}

function offBits(count: number): BitTable {
  return new Map(Array.from({ length: count }, (_, address) => [address, false]));
}

function registers(initial: Readonly<Record<number, number>>): RegisterTable {
  return new Map(Object.entries(initial).map(([address, value]) => [Number(address), value & 0xffff]));
}

/** The 16-bit field at `offset`; where `length` is given, the request must have exactly that length. */
function word(pdu: Buffer, offset: number, length?: number): number {
  if (pdu.length < offset + 2 || (length !== undefined && pdu.length !== length)) {
    throw new ModbusException(ILLEGAL_VALUE);
  }
  return pdu.readUInt16BE(offset);
}

function needTable(table: ReadonlyMap<number, unknown>): void {
  if (table.size === 0) throw new ModbusException(ILLEGAL_FUNCTION);
}

function valueAt<T>(table: ReadonlyMap<number, T>, address: number): T {
  const value = table.get(address);
  if (value === undefined) throw new ModbusException(ILLEGAL_ADDRESS);
  return value;
}

/** The values a read asks for. */
function wanted<T>(table: ReadonlyMap<number, T>, pdu: Buffer, most: number): T[] {
  needTable(table);
  const quantity = quantityOf(pdu, most, 5);
  const address = word(pdu, 1);
  return Array.from({ length: quantity }, (_, index) => valueAt(table, address + index));
}

function quantityOf(pdu: Buffer, most: number, length?: number): number {
  const quantity = word(pdu, 3, length);
  if (quantity < 1 || quantity > most) throw new ModbusException(ILLEGAL_VALUE);
  return quantity;
}

function readBits(table: BitTable, pdu: Buffer): Buffer {
  const bits = wanted(table, pdu, 2000);
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  bits.forEach((on, index) => {
    if (on) bytes[index >> 3] = (bytes[index >> 3] ?? 0) | (1 << (index & 7));
  });
  return Buffer.concat([Buffer.from([pdu.readUInt8(0), bytes.length]), bytes]);
}

function readRegisters(table: RegisterTable, pdu: Buffer): Buffer {
  const values = wanted(table, pdu, 125);
  const answer = Buffer.alloc(2 + 2 * values.length);
  answer.set([pdu.readUInt8(0), 2 * values.length]);
  values.forEach((value, index) => {
    answer.writeUInt16BE(value & 0xffff, 2 + 2 * index);
  });
  return answer;
}

function coilOrder(value: number): number {
  if (value !== 0xff00 && value !== 0) throw new ModbusException(ILLEGAL_VALUE);
  return value === 0 ? 0 : 1;
}

function bitsToWrite(pdu: Buffer): number[] {
  const quantity = quantityOf(pdu, 1968);
  needBytes(pdu, Math.ceil(quantity / 8));
  return Array.from({ length: quantity }, (_, index) => (pdu.readUInt8(6 + (index >> 3)) >> (index & 7)) & 1);
}

function registersToWrite(pdu: Buffer): number[] {
  const quantity = quantityOf(pdu, 123);
  needBytes(pdu, 2 * quantity);
  return Array.from({ length: quantity }, (_, index) => pdu.readUInt16BE(6 + 2 * index));
}

function needBytes(pdu: Buffer, count: number): void {
  if (pdu[5] !== count || pdu.length !== 6 + count) throw new ModbusException(ILLEGAL_VALUE);
}
