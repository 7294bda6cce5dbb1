import { createServer, type Socket } from "node:net";

/** Where to listen: a TCP address (port 0 takes any free one) or a Unix socket. */
export type ListenAddress = { readonly host: string; readonly port: number } | { readonly path: string };

export interface Listening {
  /** 0 on a Unix socket. */
  readonly port: number;
  /** Cuts every connection and frees the address. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Accepts connections until stopped.
 * @throws the system error when the address cannot be had, e.g. `EADDRINUSE`.
 */
export async function listen(
  address: ListenAddress,
  onConnection: (socket: Socket) => void,
): Promise<Listening> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    // A client that resets its connection is no fault of ours; `close` follows and tidies up.
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(address, resolve);
  });
  const bound = server.address();
  return {
    port: typeof bound === "object" && bound !== null ? bound.port : 0,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Writes unless the other side has gone: an answer may come later than its client leaves. */
export function writeIfOpen(socket: Socket, bytes: Buffer | string): void {
  if (socket.writable) socket.write(bytes);
}
