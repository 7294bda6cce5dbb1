import { createModbusSlave, type ModbusSlave } from "./modbus-slave.ts";

export interface ModbusRelayBoard extends ModbusSlave {
  /** Energised or not; index 0 is channel 1. */
  readonly channels: readonly boolean[];
  /** How often each really moved. */
  readonly moves: readonly number[];
  readonly relayFaults: {
    /** Answers every order as done and does not move. */
    stuck: boolean;
  };
  /** Ends its own timers. */
  powerOff(): void;
}

const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;
const WRITE_COIL = 5;

/** Relays with how each moves, for boards that differ in what moves them. */
function createRelays(count: number) {
  const channels = Array.from({ length: count }, () => false);
  const moves = Array.from({ length: count }, () => 0);
  const relayFaults = { stuck: false };
  return {
    channels,
    moves,
    relayFaults,
    move(index: number, on: boolean): void {
      if (relayFaults.stuck || channels[index] === on) return;
      channels[index] = on;
      moves[index] = (moves[index] ?? 0) + 1;
    },
  };
}

/** The coils of `slave` show what the relays do, which need not be what they were told. */
function showing(slave: ModbusSlave, channels: readonly boolean[]): void {
  channels.forEach((on, index) => {
    slave.coils.set(index, on);
  });
}

/**
 * An LC Technology board (LC-Modbus-8R and its like): coils from 0 with FF00 and 0000, all of them by function 15, optocoupler
 * inputs by function 2. Its factory address is 255.
 */
export function createLcRelayBoard(
  config: { readonly unit?: number; readonly channels?: number } = {},
): ModbusRelayBoard {
  const { unit = 255, channels: count = 8 } = config;
  const relays = createRelays(count);
  const slave = createModbusSlave({ unit, coils: count, discreteInputs: count });
  slave.onWrite(({ address, values }) => {
    values.forEach((value, index) => {
      relays.move(address + index, value !== 0);
    });
    showing(slave, relays.channels);
  });
  return { ...slave, ...relays, powerOff: () => {} };
}

/**
 * A Waveshare Modbus RTU relay: as the LC board, and "flash on": function 5 to 0200 plus the channel closes the relay for the
 * value times 100 ms, after which the board opens it by itself. An order to the coil ends the flash.
 */
export function createWaveshareRelayBoard(
  config: { readonly unit?: number; readonly channels?: number; readonly stepMs?: number } = {},
): ModbusRelayBoard {
  const { unit = 1, channels: count = 8, stepMs = 100 } = config;
  const relays = createRelays(count);
  const slave = createModbusSlave({ unit, coils: count, discreteInputs: count });
  const flashes = new Map<number, NodeJS.Timeout>();

  function endFlash(index: number): void {
    clearTimeout(flashes.get(index));
    flashes.delete(index);
  }

  function move(index: number, on: boolean): void {
    relays.move(index, on);
    showing(slave, relays.channels);
  }

  slave.onWrite(({ address, values }) => {
    values.forEach((value, index) => {
      endFlash(address + index);
      move(address + index, value !== 0);
    });
  });

  function flash(index: number, steps: number): void {
    endFlash(index);
    move(index, true);
    const timer = setTimeout(() => {
      flashes.delete(index);
      move(index, false);
    }, steps * stepMs);
    timer.unref();
    flashes.set(index, timer);
  }

  return {
    ...slave,
    ...relays,
    powerOff() {
      for (const index of [...flashes.keys()]) endFlash(index);
      relays.channels.forEach((_, index) => {
        move(index, false);
      });
    },
    answer(pdu) {
      const isFlash =
        pdu.readUInt8(0) === WRITE_COIL && pdu.length === 5 && (pdu.readUInt16BE(1) & 0xff00) === 0x0200;
      if (!isFlash || slave.faults.exception !== undefined) return slave.answer(pdu);
      const index = pdu.readUInt16BE(1) & 0xff;
      const steps = pdu.readUInt16BE(3);
      if (index >= count) return spoken(slave, refusal(pdu, ILLEGAL_ADDRESS));
      if (steps > 0x7fff) return spoken(slave, refusal(pdu, ILLEGAL_VALUE));
      flash(index, steps);
      return spoken(slave, pdu);
    },
  };
}

/**
 * The cheap board whose command list counts from 1 (gist TG9541): function 5 with 0100 closes a relay and 0000 opens it;
 * FF00, which Modbus wants, it answers and does not obey. It knows no function 1.
 */
export function createOneBasedRelayBoard(
  config: { readonly unit?: number; readonly channels?: number } = {},
): ModbusRelayBoard {
  const { unit = 1, channels: count = 8 } = config;
  const relays = createRelays(count);
  const slave = createModbusSlave({ unit });
  return {
    ...slave,
    ...relays,
    powerOff: () => {},
    answer(pdu) {
      if (slave.faults.exception !== undefined) return slave.answer(pdu);
      if (pdu.readUInt8(0) !== WRITE_COIL || pdu.length !== 5)
        return spoken(slave, refusal(pdu, ILLEGAL_FUNCTION));
      const channel = pdu.readUInt16BE(1);
      if (channel < 1 || channel > count) return spoken(slave, refusal(pdu, ILLEGAL_ADDRESS));
      const value = pdu.readUInt16BE(3);
      if (value === 0x0100 || value === 0) relays.move(channel - 1, value !== 0);
      return spoken(slave, pdu);
    },
  };
}

function refusal(pdu: Buffer, exception: number): Buffer {
  return Buffer.from([pdu.readUInt8(0) | 0x80, exception]);
}

function spoken(slave: ModbusSlave, answer: Buffer): Buffer | undefined {
  return slave.faults.mute ? undefined : answer;
}
