import { readFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";

/**
 * How the township's door behaves: `other` shows another authority's certificate, `garbage` answers what is no TLS, `mute` takes
 * connections and carries nothing, `slow` takes its time for every piece.
 */
export type FrontMode = "open" | "other" | "garbage" | "mute" | "slow";

const SLOW_MS = 250;

export interface FrontConfig {
  readonly host: string;
  readonly port: number;
  /** Plain HTTP behind it. */
  readonly targetPort: number;
  /** PEM files by which it is known, and those of somebody else. */
  readonly right: { readonly cert: string; readonly key: string };
  readonly wrong: { readonly cert: string; readonly key: string };
}

/** TLS before a server without: connections that are open when the mode changes end, but for `mute`, where nobody is told. */
export async function startFront(config: FrontConfig): Promise<(mode: FrontMode) => void> {
  const near = new Set<Socket>();
  const tlsPort = async ({ cert, key }: FrontConfig["right"]): Promise<number> => {
    const options = { cert: readFileSync(cert), key: readFileSync(key) };
    const server = createTlsServer(options, (socket) =>
      join(socket, connect(config.targetPort, "127.0.0.1")),
    );
    server.on("tlsClientError", () => undefined);
    return listen(server, "127.0.0.1", 0);
  };
  const [right, wrong] = [await tlsPort(config.right), await tlsPort(config.wrong)];
  let mode: FrontMode = "open";
  const server = createServer((socket) => {
    near.add(socket);
    socket.on("close", () => near.delete(socket));
    socket.on("error", () => undefined);
    if (mode === "mute") socket.pause();
    else if (mode === "garbage") socket.end("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    else join(socket, connect(mode === "other" ? wrong : right, "127.0.0.1"), mode === "slow" ? SLOW_MS : 0);
  });
  await listen(server, config.host, config.port);
  return (next) => {
    mode = next;
    for (const socket of near) {
      if (next === "mute") socket.unpipe().pause();
      else socket.destroy();
    }
  };
}

function join(a: Socket, b: Socket, delayMs = 0): void {
  for (const [from, to] of [
    [a, b],
    [b, a],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("close", () => to.destroy());
    if (delayMs === 0) from.pipe(to);
    else {
      from.on("data", (chunk) => setTimeout(() => to.destroyed || to.write(chunk), delayMs));
      from.on("end", () => setTimeout(() => to.end(), delayMs));
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}
