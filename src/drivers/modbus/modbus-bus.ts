import { errorCode, errorMessage, GatewayError } from "../../core/errors.ts";
import type { Logger } from "../../core/log.ts";
import type { Part } from "../../core/part.ts";
import { type RetryPolicy, retryDelays } from "../../core/retry.ts";
import type { Bus } from "../../core/site.ts";
import type { Clock } from "../../core/time.ts";
import { type ModbusClient, type ModbusConnection, openConnection } from "./modbus-connection.ts";

export interface RegisterRead {
  /** 1 to 247; 255 on some boards. */
  readonly unit: number;
  /** 3 reads holding registers, 4 input registers. */
  readonly functionCode: 3 | 4;
  /** Protocol address, from 0. */
  readonly register: number;
  /** 1 to 125. */
  readonly count: number;
  /** A person waits who has just mended something: a unit is asked even where it was silent a moment ago. */
  readonly insists?: boolean | undefined;
}

/**
 * All that is spoken on one physical line, one exchange at a time; writes go before waiting reads.
 * Methods throw GatewayError `modbus.timeout`, `modbus.exception`, `modbus.port_lost` (transient).
 */
export interface ModbusBus extends Part {
  readRegisters(read: RegisterRead): Promise<readonly number[]>;
  /** Coils in order, from protocol address `coil`. */
  readCoils(unit: number, coil: number, count: number): Promise<readonly boolean[]>;
  writeCoil(unit: number, coil: number, on: boolean): Promise<void>;
  /** Function 5 with any value, 0 to 65535, for boards that mean more or other by it than on and off. */
  writeCoilValue(unit: number, coil: number, value: number): Promise<void>;
  /** @param value 0 to 65535. */
  writeRegister(unit: number, register: number, value: number): Promise<void>;
}

export interface ModbusBusDependencies {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  /** How long an answer may take; default 800 ms. */
  readonly timeoutMs?: number;
}

interface Job {
  readonly unit: number;
  /** Not put off by a unit that was silent. */
  readonly insists: boolean;
  readonly run: () => Promise<void>;
  readonly refuse: (error: GatewayError) => void;
}

interface Pause {
  readonly untilMs: number;
  readonly delays: Generator<number, never>;
}

/** A unit that is gone costs its neighbours one time-out each time it is tried. */
const SILENT_UNIT: RetryPolicy = { firstMs: 1_000, capMs: 60_000 };
/** A relay that is plugged in again is to be off within 5 s: this pause, the next order (each second), and its answer. */
const ABSENT_PORT: RetryPolicy = { firstMs: 250, capMs: 1_500 };
/** An RTU frame ends with 3.5 characters of silence; 11 bits a character. */
const SILENT_BITS = 3.5 * 11;

/** The port is opened by the first exchange, so that a bus of other devices stays theirs. */
export function createModbusBus(dependencies: ModbusBusDependencies, bus: Bus): ModbusBus {
  const { clock, random, timeoutMs = 800 } = dependencies;
  const log = dependencies.log.child({ bus: bus.id });
  const silenceMs = bus.framing === "tcp" ? 0 : Math.ceil((SILENT_BITS * 1000) / bus.baudRate) + 1;
  const writes: Job[] = [];
  const reads: Job[] = [];
  const silentUnits = new Map<number, Pause>();
  let absentPort: Pause | undefined;
  let connection: ModbusConnection | undefined;
  let running = false;
  let worker: Promise<void> | undefined;

  function fault(code: string, message: string): GatewayError {
    return new GatewayError(`bus ${bus.id}: ${message}`, { code, kind: "transient", device: bus.id });
  }

  function nowMs(): number {
    return clock.now().monotonicMs;
  }

  /** The next pause after `previous`, longer each time. */
  function pauseAfter(previous: Pause | undefined, policy: RetryPolicy): Pause {
    const delays = previous?.delays ?? retryDelays(policy, random);
    return { delays, untilMs: nowMs() + delays.next().value };
  }

  async function connect(): Promise<ModbusConnection> {
    if (connection?.isOpen) return connection;
    await disconnect();
    if (absentPort && nowMs() < absentPort.untilMs) {
      throw fault("modbus.port_lost", "the port is away; it is tried again shortly");
    }
    try {
      const opened = await openConnection(clock, bus, timeoutMs);
      if (absentPort) log.info({}, "modbus port back");
      absentPort = undefined;
      connection = opened;
      return opened;
    } catch (error) {
      const fields = { code: errorCode(error), reason: errorMessage(error) };
      if (!absentPort) log.warn(fields, "modbus port away");
      absentPort = pauseAfter(absentPort, ABSENT_PORT);
      throw error;
    }
  }

  async function disconnect(): Promise<void> {
    const closing = connection;
    connection = undefined;
    await closing?.close();
  }

  async function exchange<T>(unit: number, call: (client: ModbusClient) => Promise<T>): Promise<T> {
    const current = await connect();
    try {
      return await current.ask(unit, call);
    } catch (error) {
      if (errorCode(error) !== "modbus.exception") await disconnect();
      throw error;
    } finally {
      if (silenceMs > 0) await clock.sleep(silenceMs);
    }
  }

  /** One exchange, repeated once for a unit that was well until now: cheap adapters garble an answer now and then. */
  async function converse<T>(unit: number, call: (client: ModbusClient) => Promise<T>): Promise<T> {
    try {
      return await exchange(unit, call);
    } catch (error) {
      if (errorCode(error) !== "modbus.timeout" || silentUnits.has(unit)) throw error;
      return exchange(unit, call);
    }
  }

  async function track<T>(unit: number, talk: Promise<T>): Promise<T> {
    try {
      const result = await talk;
      if (silentUnits.delete(unit)) log.info({ unit }, "modbus unit answers again");
      return result;
    } catch (error) {
      if (errorCode(error) === "modbus.timeout") {
        if (!silentUnits.has(unit)) log.warn({ unit, reason: errorMessage(error) }, "modbus unit silent");
        silentUnits.set(unit, pauseAfter(silentUnits.get(unit), SILENT_UNIT));
      }
      throw error;
    }
  }

  function enqueue<T>(
    unit: number,
    isWrite: boolean,
    call: (client: ModbusClient) => Promise<T>,
    insists = isWrite,
  ): Promise<T> {
    if (!running) return Promise.reject(fault("modbus.port_lost", "the bus is not in use"));
    return new Promise((resolve, reject) => {
      const run = (): Promise<void> => track(unit, converse(unit, call)).then(resolve, reject);
      (isWrite ? writes : reads).push({ unit, insists, run, refuse: reject });
      worker ??= work();
    });
  }

  async function work(): Promise<void> {
    // Lets orders of the same turn line up before the first is taken, so that a write never waits behind its reads.
    await Promise.resolve();
    for (let job = writes.shift() ?? reads.shift(); job; job = writes.shift() ?? reads.shift()) {
      const pause = silentUnits.get(job.unit);
      if (!running) job.refuse(fault("modbus.port_lost", "the bus was stopped"));
      else if (!job.insists && pause && nowMs() < pause.untilMs) {
        job.refuse(fault("modbus.timeout", `unit ${job.unit} is silent; it is tried again shortly`));
      } else await job.run();
    }
    // In the same turn as the last look into the queues: a job that comes later starts a new worker.
    worker = undefined;
  }

  return {
    name: `modbus ${bus.id}`,
    async start() {
      running = true;
    },
    async stop() {
      running = false;
      await disconnect();
      await worker;
      await disconnect();
    },
    readRegisters: ({ unit, functionCode, register, count, insists }) =>
      enqueue(
        unit,
        false,
        async (client) => {
          const read =
            functionCode === 3
              ? client.readHoldingRegisters(register, count)
              : client.readInputRegisters(register, count);
          return (await read).data;
        },
        insists,
      ),
    readCoils: (unit, coil, count) =>
      enqueue(unit, false, async (client) => (await client.readCoils(coil, count)).data.slice(0, count)),
    writeCoilValue: (unit, coil, value) =>
      enqueue(unit, true, async (client) => {
        await client.customFunction(5, [coil >> 8, coil & 0xff, value >> 8, value & 0xff]);
      }),
    writeCoil: (unit, coil, on) =>
      enqueue(unit, true, async (client) => {
        await client.writeCoil(coil, on);
      }),
    writeRegister: (unit, register, value) =>
      enqueue(unit, true, async (client) => {
        await client.writeRegister(register, value);
      }),
  };
}
