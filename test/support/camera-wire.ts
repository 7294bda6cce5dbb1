import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** What the wire does to new connections, and `silent` also to those that stand. */
export type WireMode = "through" | "silent" | "garbage" | "closed";

export interface CameraWire {
  readonly port: number;
  mode: WireMode;
  /** Connections made so far. */
  readonly connections: number;
  /** Sends this to every client that is connected now, between whatever the camera sends. */
  inject(bytes: Uint8Array): void;
  close(): Promise<void>;
}

/** A TCP wire to a camera's port on loopback that can be pulled, shorted and plugged in again. */
export async function layWire(cameraPort: number): Promise<CameraWire> {
  const sockets = new Set<Socket>();
  const clients = new Set<Socket>();
  let connections = 0;
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    // Cut connections are what this wire is for.
    return socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  };
  const server = createServer((client) => {
    connections++;
    keep(client);
    if (wire.mode === "closed") client.destroy();
    if (wire.mode === "garbage") client.write(noise(4096));
    if (wire.mode !== "through") {
      client.resume();
      return;
    }
    clients.add(client);
    const camera = keep(connect(cameraPort, "127.0.0.1"));
    const pass = (from: Socket, to: Socket): void => {
      from.on("data", (chunk: Buffer) => {
        if (wire.mode !== "silent") to.write(chunk);
      });
      from.on("close", () => to.destroy());
    };
    pass(client, camera);
    pass(camera, client);
    client.on("close", () => clients.delete(client));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const wire = {
    port: (server.address() as AddressInfo).port,
    mode: "through" as WireMode,
    get connections() {
      return connections;
    },
    inject(bytes: Uint8Array) {
      for (const client of clients) client.write(bytes);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
  return wire;
}

/** Bytes without meaning, the same every time. */
export function noise(length: number): Buffer {
  let state = 12_345;
  return Buffer.from(
    Array.from({ length }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 24;
    }),
  );
}
