import modbus from "modbus-serial";
import { errorMessage, GatewayError } from "../../core/errors.ts";
import type { Bus } from "../../core/site.ts";
import { type Clock, within } from "../../core/time.ts";
import { openChannel, tcpAddress } from "../serial/byte-channel.ts";
import { RtuPort } from "./rtu-port.ts";

export type ModbusClient = InstanceType<typeof modbus.default>;

/** One opened port. After any fault it is closed and another is opened: a late answer must not meet the next request. */
export interface ModbusConnection {
  readonly isOpen: boolean;
  /**
   * Speaks to one unit; never call it twice at once, because the client's unit is shared state.
   * @throws GatewayError `modbus.timeout`, `modbus.exception`, `modbus.port_lost` (transient).
   */
  ask<T>(unit: number, call: (client: ModbusClient) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** "Gateway path unavailable" and "target device failed to respond": a gateway's words for a time-out. */
const GATEWAY_SILENT: readonly number[] = [10, 11];

/**
 * @param timeoutMs for opening, and for each answer: 500 to 1000 ms suit the slowest sensors.
 * @throws GatewayError `serial.bad_port` (permanent), `modbus.port_lost` (transient).
 */
export async function openConnection(clock: Clock, bus: Bus, timeoutMs: number): Promise<ModbusConnection> {
  const opened =
    bus.framing === "tcp" ? await openTcp(clock, bus, timeoutMs) : await openRtu(clock, bus, timeoutMs);
  const { client } = opened;
  let isOpen = true;
  let interrupt: (error: GatewayError) => void = () => {};
  client.on("close", () => {
    isOpen = false;
    interrupt(portLost(bus, "the port went away"));
  });
  // Its text comes with the failed call as well; without a listener it would end the process.
  client.on("error", () => {});

  return {
    get isOpen() {
      return isOpen;
    },
    async ask(unit, call) {
      if (!isOpen) throw portLost(bus, "the port went away");
      client.setID(unit);
      try {
        return await new Promise((resolve, reject) => {
          interrupt = reject;
          call(client).then(resolve, reject);
        });
      } catch (error) {
        throw asGatewayError(bus, unit, error);
      } finally {
        interrupt = () => {};
      }
    },
    async close() {
      isOpen = false;
      interrupt(portLost(bus, "the port was closed"));
      await opened.shut();
    },
  };
}

interface Opened {
  readonly client: ModbusClient;
  readonly shut: () => Promise<void>;
}

async function openRtu(clock: Clock, bus: Bus, timeoutMs: number): Promise<Opened> {
  const attempt = new AbortController();
  const timer = clock.after(timeoutMs, () => attempt.abort());
  const port = new RtuPort(bus, openChannel, attempt.signal);
  const client = new modbus.default(port);
  client.setTimeout(timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      client.open((error: unknown) => (error ? reject(error) : resolve()));
    });
  } catch (error) {
    throw error instanceof GatewayError ? error : portLost(bus, errorMessage(error), error);
  } finally {
    timer.cancel();
  }
  return { client, shut: () => port.shut() };
}

async function openTcp(clock: Clock, bus: Bus, timeoutMs: number): Promise<Opened> {
  const { host, port } = tcpAddress(bus);
  const client = new modbus.default();
  client.setTimeout(timeoutMs);
  const shut = (): Promise<void> => new Promise((resolve) => client.destroy(resolve));
  try {
    // modbus-serial would wait for the system's own limit, two minutes and more, when a host drops every packet.
    await within(clock, timeoutMs, "connecting", client.connectTCP(host, { port }));
  } catch (error) {
    await shut();
    throw portLost(bus, errorMessage(error), error);
  }
  return { client, shut };
}

function portLost(bus: Bus, why: string, cause?: unknown): GatewayError {
  return new GatewayError(`bus ${bus.id}: ${why}; check the cable, the adapter and the port's name`, {
    code: "modbus.port_lost",
    kind: "transient",
    device: bus.id,
    cause,
  });
}

function asGatewayError(bus: Bus, unit: number, cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  const exception = exceptionCode(cause);
  const refused = exception !== undefined && !GATEWAY_SILENT.includes(exception);
  const what = refused
    ? `answers exception ${exception}; check its profile`
    : `gives no usable answer; check address, baud rate, A and B (${errorMessage(cause)})`;
  return new GatewayError(`bus ${bus.id}: unit ${unit} ${what}`, {
    code: refused ? "modbus.exception" : "modbus.timeout",
    kind: "transient",
    device: bus.id,
    cause,
  });
}

function exceptionCode(error: unknown): number | undefined {
  const isException = typeof error === "object" && error !== null && "modbusCode" in error;
  return isException && typeof error.modbusCode === "number" ? error.modbusCode : undefined;
}
