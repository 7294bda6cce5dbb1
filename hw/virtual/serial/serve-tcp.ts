import { createServer, type Socket } from "node:net";
import type { ByteDevice } from "./byte-device.ts";

export interface ServedTcp {
  readonly port: number;
  /** Cuts every connection and frees the port. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Puts a device behind a raw TCP serial server, as the makes with an RJ45 and a screw terminal do.
 * Each client gets the answers to its own bytes.
 * @param address `port` 0 takes any free one.
 * @throws the system error when the port cannot be had, e.g. `EADDRINUSE`.
 */
export async function serveTcp(
  device: ByteDevice,
  address: { readonly host: string; readonly port: number },
): Promise<ServedTcp> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    // A client that resets its connection is no fault of the device; `close` follows and tidies up.
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (bytes) => device.receive(bytes, (answer) => writeIfOpen(socket, answer)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(address.port, address.host, resolve);
  });
  const bound = server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
  return {
    port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function writeIfOpen(socket: Socket, bytes: Buffer): void {
  if (socket.writable) socket.write(bytes);
}
