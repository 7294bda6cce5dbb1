import { type ByteDevice, createLineFaults, type LineFaults, throughFaults } from "../serial/byte-device.ts";
import { crc16 } from "./crc.ts";
import type { ModbusSlave } from "./modbus-slave.ts";

const BROADCAST = 0;
const LONGEST_FRAME = 256;
/** Longest request of an unknown function that is still answered; the standard ones that we lack are shorter. */
const LONGEST_UNKNOWN = 8;

export interface RtuLine extends ByteDevice {
  /** Faults of the wire; those of one device are in its own `faults`. */
  readonly faults: LineFaults;
}

/**
 * Slaves on one RS-485 pair, Modbus RTU. Frames are found by length and CRC instead of the silence around them,
 * which neither a pty nor a serial server keeps.
 */
export function createRtuLine(slaves: readonly ModbusSlave[]): RtuLine {
  const faults = createLineFaults();
  const units = new Set([BROADCAST, ...slaves.map((slave) => slave.unit)]);
  let pending: Buffer = Buffer.alloc(0);

  /** Length of the whole and sound request that starts `at` there, or undefined. */
  function requestLength(at: number): number | undefined {
    const bytes = pending.subarray(at);
    const [unit, code] = bytes;
    if (unit === undefined || code === undefined || !units.has(unit)) return undefined;
    if (unit === BROADCAST && !isWrite(code)) return undefined;
    const length = isStandard(code) ? standardLength(code, bytes) : unknownLength(bytes, at);
    if (length === undefined || bytes.length < length) return undefined;
    return bytes.readUInt16LE(length - 2) === crc16(bytes.subarray(0, length - 2)) ? length : undefined;
  }

  function nextRequest(): Buffer | undefined {
    for (let at = 0; at < pending.length; at += 1) {
      const length = requestLength(at);
      if (length === undefined) continue;
      const request = pending.subarray(at, at + length);
      pending = pending.subarray(at + length);
      return request;
    }
    pending = pending.subarray(Math.max(0, pending.length - LONGEST_FRAME));
    return undefined;
  }

  function dispatch(request: Buffer, say: (bytes: Buffer) => void): void {
    const unit = request.readUInt8(0);
    for (const slave of slaves) {
      if (unit !== slave.unit && unit !== BROADCAST) continue;
      const answer = slave.answer(request.subarray(1, -2));
      if (answer !== undefined && unit !== BROADCAST) say(frame(slave, answer));
    }
  }

  return {
    faults,
    receive(bytes, reply) {
      pending = Buffer.concat([pending, bytes]);
      const say = throughFaults(faults, reply);
      for (let request = nextRequest(); request; request = nextRequest()) dispatch(request, say);
    },
  };
}

function isWrite(code: number): boolean {
  return code === 5 || code === 6 || code === 15 || code === 16;
}

function isStandard(code: number): boolean {
  return (code >= 1 && code <= 4) || isWrite(code);
}

function standardLength(code: number, bytes: Buffer): number | undefined {
  if (code <= 6) return 8;
  const count = bytes[6];
  return count === undefined ? undefined : 9 + count;
}

/** The length of a function that we do not know shows only where its bytes end, and only if nothing precedes it. */
function unknownLength(bytes: Buffer, at: number): number | undefined {
  return at === 0 && bytes.length >= 4 && bytes.length <= LONGEST_UNKNOWN ? bytes.length : undefined;
}

function frame(slave: ModbusSlave, pdu: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.from([slave.unit]), pdu, Buffer.alloc(2)]);
  const crc = crc16(bytes.subarray(0, -2)) ^ (slave.faults.wrongCrc ? 0xffff : 0);
  bytes.writeUInt16LE(crc, bytes.length - 2);
  return bytes;
}
