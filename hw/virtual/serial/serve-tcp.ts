import type { ByteDevice } from "./byte-device.ts";
import { type Listening, listen, writeIfOpen } from "./listen.ts";

/**
 * Puts a device behind a raw TCP serial server, as the makes with an RJ45 and a screw terminal do.
 * Each client gets the answers to its own bytes.
 * @param address `port` 0 takes any free one.
 * @throws the system error when the port cannot be had, e.g. `EADDRINUSE`.
 */
export function serveTcp(
  device: ByteDevice,
  address: { readonly host: string; readonly port: number },
): Promise<Listening> {
  return listen(address, (socket) => {
    socket.on("data", (bytes) => device.receive(bytes, (answer) => writeIfOpen(socket, answer)));
  });
}
