// drivers/serial/: devices on serial lines, on a local port or behind a raw TCP serial server, and their codecs.
// May import core/ and the package serialport; `main.ts` and drivers/modbus use it.
import { createConnection } from "node:net";
import { SerialPort } from "serialport";
import { GatewayError } from "../../core/errors.ts";
import type { Bus } from "../../core/site.ts";
import { serialBinding } from "./serial-binding.ts";

/** One opened line. It is over when it closes; who wants another opens another. */
export interface ByteChannel {
  /** Resolves when the kernel has taken the bytes, which says nothing about the device. */
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves when the port is free for the next one. Never throws; may be called twice. */
  close(): Promise<void>;
}

export interface ChannelEvents {
  onBytes(bytes: Buffer): void;
  /** Called once when the line is lost; not after `close`. */
  onLost(reason: Error): void;
}

export type ChannelOpener = (bus: Bus, events: ChannelEvents, signal: AbortSignal) => Promise<ByteChannel>;

/** From a half-open TCP connection to its discovery; a serial server that lost its power sends nothing. */
const KEEP_ALIVE_MS = 10_000;

/**
 * Opens `bus.port`: a device path, or `tcp://host:port` for a serial server in raw mode.
 * @throws GatewayError `serial.bad_port` (permanent); else the system's error, e.g. ENOENT, EACCES, ECONNREFUSED.
 */
export const openChannel: ChannelOpener = (bus, events, signal) => {
  if (!bus.port.includes("://")) return openDevice(bus, events);
  const { host, port } = tcpAddress(bus);
  return openSocket(host, port, events, signal);
};

/** @throws GatewayError `serial.bad_port` (permanent). */
export function tcpAddress(bus: Bus): { readonly host: string; readonly port: number } {
  const url = URL.canParse(bus.port) ? new URL(bus.port) : undefined;
  const port = Number(url?.port);
  if (url?.protocol !== "tcp:" || url.hostname === "" || !(port > 0)) {
    throw new GatewayError(`bus ${bus.id}: a port is a device path or tcp://host:port`, {
      code: "serial.bad_port",
      kind: "permanent",
      device: bus.id,
    });
  }
  return { host: url.hostname.replace(/^\[|\]$/g, ""), port };
}

async function openDevice(bus: Bus, events: ChannelEvents): Promise<ByteChannel> {
  const { port: path, baudRate, parity, stopBits } = bus;
  const options = { path, baudRate, parity, stopBits, dataBits: 8, autoOpen: false } as const;
  const port = new SerialPort({ ...options, ...{ binding: serialBinding } });
  let over = false;
  let shutting: Promise<void> | undefined;
  const shut = (): Promise<void> => {
    shutting ??= new Promise((resolve) => {
      if (port.isOpen) port.close(() => resolve());
      else resolve();
    });
    return shutting;
  };
  const lose = (reason: Error): void => {
    if (over) return;
    over = true;
    void shut().then(() => events.onLost(reason));
  };
  port.on("data", (bytes: Buffer) => {
    if (!over) events.onBytes(bytes);
  });
  // A pulled USB adapter shows in one of three ways: EIO (close), reading nothing (end), or only on the next write.
  port.on("close", (error: Error | null) => lose(error ?? new Error("the port closed")));
  port.on("end", () => lose(new Error("the port hung up")));
  port.on("error", lose);
  await new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(error) : resolve()));
  });
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        port.write(Buffer.from(bytes), (error) => (error ? reject(error) : resolve()));
      }),
    close() {
      over = true;
      return shut();
    },
  };
}

async function openSocket(
  host: string,
  port: number,
  events: ChannelEvents,
  signal: AbortSignal,
): Promise<ByteChannel> {
  signal.throwIfAborted();
  const socket = createConnection({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_MS,
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  let over = false;
  let reason = new Error("the serial server closed the connection");
  socket.on("error", (error) => {
    reason = error;
  });
  socket.on("data", (bytes) => {
    if (!over) events.onBytes(bytes);
  });
  const giveUp = (): void => {
    socket.destroy(new Error("the serial server does not answer"));
  };
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("close", () => reject(reason));
    });
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
  socket.on("end", () => socket.destroy());
  socket.once("close", () => {
    if (over) return;
    over = true;
    events.onLost(reason);
  });
  return {
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    close() {
      over = true;
      socket.destroy();
      return closed;
    },
  };
}
