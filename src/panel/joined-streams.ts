import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

/** They have no port to listen on and no address to show: whoever made the stream vouches for its privacy. */
const joined = new WeakSet<object>();

/** Serves a stream as if it were a connection; `from` is what `request.ip` says then. */
export function joinStream(server: Server, stream: Duplex, from: string): void {
  Object.defineProperty(stream, "remoteAddress", { value: from });
  joined.add(stream);
  // Node takes any duplex here: https://nodejs.org/api/http.html#event-connection
  server.emit("connection", stream);
}

export function isJoined({ socket }: Pick<IncomingMessage, "socket">): boolean {
  return joined.has(socket);
}
