// hw/virtual/rtsp: cameras of the virtual village. RTSP 1.0 (RFC 2326) with H.264 (RFC 6184) or H.265
// (RFC 7798) in RTP, interleaved on the RTSP connection. May use node builtins and types of src/core only: the real drivers must meet foreign code here.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { GatewayError } from "../../../src/core/errors.ts";
import { type Connection, type Mount, openConnection, type Unplugged } from "./connection.ts";
import type { Login } from "./digest.ts";
import { createGroupOfPictures } from "./group-of-pictures.ts";
import type { VideoSource } from "./video-source.ts";

export interface RtspServerConfig {
  readonly host: string;
  /** 0 takes a free port; `start` tells which. */
  readonly port: number;
  /** A client with more than this unsent is dropped; 4 MiB unless told. */
  readonly maxQueueBytes?: number;
  /** Connections at once, 1 to 1000; 64 unless told. */
  readonly maxConnections?: number;
}

export interface RtspServer {
  /** @throws the system's error when the port is taken. */
  start(): Promise<{ readonly port: number }>;
  stop(): Promise<void>;
  /**
   * Serves `source` at `path` (begins with `/`, may carry a query as Dahua's do). Starting the source is the caller's.
   * @throws GatewayError `rtsp.path_taken` (bug).
   */
  mount(path: string, source: VideoSource, options?: { readonly login?: Login | undefined }): void;
  /** Cuts every session of the path dead and accepts none, until `plug`. @throws GatewayError `rtsp.path_unknown`. */
  unplug(path: string, how?: Unplugged): void;
  /** Serves the path again. Connections that had gone silent are reset, as by a camera that has just booted. */
  plug(path: string): void;
  /** Clients that play the path right now. */
  players(path: string): number;
}

export function createRtspServer(config: RtspServerConfig): RtspServer {
  const mounts = new Map<string, Mount>();
  const connections = new Set<Connection>();
  const server = createServer({ noDelay: true });
  server.maxConnections = config.maxConnections ?? 64;
  server.on("connection", (socket: Socket) => {
    const connection = openConnection(socket, {
      find: (path) => mounts.get(path),
      maxQueueBytes: config.maxQueueBytes ?? 4 * 1024 * 1024,
      onClose: () => connections.delete(connection),
    });
    connections.add(connection);
  });

  function mountAt(path: string): Mount {
    const mount = mounts.get(path);
    if (!mount) throw new GatewayError(`No camera at ${path}`, { code: "rtsp.path_unknown", kind: "bug" });
    return mount;
  }

  return {
    async start() {
      for (const mount of mounts.values()) mount.pictures.open();
      server.listen(config.port, config.host);
      await once(server, "listening");
      return { port: (server.address() as AddressInfo).port };
    },
    async stop() {
      for (const connection of [...connections]) connection.cut();
      for (const mount of mounts.values()) mount.pictures.close();
      if (!server.listening) return;
      server.close();
      await once(server, "close");
    },
    mount(path, source, options = {}) {
      if (mounts.has(path)) {
        throw new GatewayError(`Two cameras at ${path}`, { code: "rtsp.path_taken", kind: "bug" });
      }
      const pictures = createGroupOfPictures(source);
      mounts.set(path, {
        path,
        source,
        login: options.login,
        pictures,
        connections: new Set(),
        unplugged: undefined,
      });
      if (server.listening) pictures.open();
    },
    unplug(path, how = "closed") {
      const mount = mountAt(path);
      mount.unplugged = how;
      for (const connection of [...mount.connections]) {
        if (how === "closed") connection.cut();
        else connection.mute();
      }
    },
    plug(path) {
      const mount = mountAt(path);
      mount.unplugged = undefined;
      for (const connection of [...mount.connections]) if (connection.muted()) connection.cut();
    },
    players(path) {
      return [...mountAt(path).connections].filter((connection) => connection.playing() === path).length;
    },
  };
}
