import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import type { KeyPair } from "../../core/certificates.ts";

/** TLS 1.3, RFC 8446 5.1: a handshake record; no HTTP method begins so. */
const HANDSHAKE = 22;
/** Who connects and says nothing is let go. */
const FIRST_BYTE_MS = 10_000;
const HANDSHAKE_MS = 10_000;

/** An HTTP server that takes TLS on the same port, told apart by the first byte of a connection. */
export interface OnePortServer extends Server {
  /** New connections use this pair; those there are go on. */
  setKeyPair(pair: KeyPair): void;
}

export function createOnePortServer(
  pair: KeyPair,
  options: ServerOptions,
  handler: RequestListener,
): OnePortServer {
  const secureOptions = { ...options, ...tlsOf(pair), handshakeTimeout: HANDSHAKE_MS };
  const plain = createServer(options, handler);
  const secure = createSecureServer(secureOptions, handler);
  // Whoever uses this server listens for both on it.
  for (const event of ["upgrade", "clientError"] as const) {
    secure.on(event, (...values: unknown[]) => plain.emit(event, ...values));
  }
  // It listens to nothing itself, but only from this event on it watches over slow requests and knows its connections.
  secure.emit("listening");
  secure.on("tlsClientError", (_error, socket) => socket.destroy());

  const serves = plain.listeners("connection");
  plain.removeAllListeners("connection");
  const silent = new Set<Socket>();
  plain.on("connection", (socket: Socket) => {
    silent.add(socket);
    const drop = (): unknown => socket.destroy();
    socket.on("error", drop).setTimeout(FIRST_BYTE_MS, drop);
    socket.once("close", () => silent.delete(socket));
    const peek = (): void => {
      const first: Buffer | null = socket.read(1);
      if (first === null) {
        if (!socket.destroyed) socket.once("readable", peek);
        return;
      }
      silent.delete(socket);
      socket.off("error", drop).setTimeout(0).removeListener("timeout", drop);
      socket.unshift(first);
      if (first[0] === HANDSHAKE) secure.emit("connection", socket);
      else for (const serve of serves) serve.call(plain, socket);
    };
    peek();
  });

  const closePlain = plain.close.bind(plain);
  const closeAllPlain = plain.closeAllConnections.bind(plain);
  const closeIdlePlain = plain.closeIdleConnections.bind(plain);
  return Object.assign(plain, {
    setKeyPair: (next: KeyPair) => secure.setSecureContext(tlsOf(next)),
    close(done?: (error?: Error) => void) {
      // It never listened: this stops its watch over slow requests.
      secure.close();
      for (const socket of silent) socket.destroy();
      return closePlain(done);
    },
    closeAllConnections() {
      secure.closeAllConnections();
      closeAllPlain();
    },
    closeIdleConnections() {
      secure.closeIdleConnections();
      closeIdlePlain();
    },
  });
}

function tlsOf({ certificate, key }: KeyPair) {
  return { cert: certificate, key, minVersion: "TLSv1.2" } as const;
}
