import { Agent as PlainAgent } from "node:http";
import { Agent, type AgentOptions } from "node:https";
import type { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import type { BoxRoad } from "../core/box-road.ts";

export interface Trust {
  /** PEM: the only authority that is believed for this box. */
  readonly ca?: string | undefined;
  /** SHA-256 of the box's own certificate, 64 hex digits in lower case; then nothing else counts. */
  readonly fingerprint?: string | undefined;
}

const MOST_SOCKETS = 3;

/** The road to a box that listens at an address. */
export function directRoad(url: string, trust: Trust): BoxRoad {
  return {
    url,
    openAgent: ({ maxSockets }) =>
      url.startsWith("https:")
        ? createTrustingAgent(trust, maxSockets)
        : new PlainAgent({ keepAlive: true, maxSockets }),
  };
}

/** Connections to a box whose authority is its own. Nothing is sent before the certificate is known to be the right one. */
export function createTrustingAgent({ ca, fingerprint }: Trust, maxSockets = MOST_SOCKETS): Agent {
  const options: AgentOptions = { keepAlive: true, maxSockets, ...(ca !== undefined && { ca }) };
  return fingerprint === undefined ? new Agent(options) : new PinnedAgent(options, fingerprint);
}

/** Whatever name and authority a certificate has: it is this one, or there is no connection. */
class PinnedAgent extends Agent {
  readonly #fingerprint: string;

  constructor(options: AgentOptions, fingerprint: string) {
    super(options);
    this.#fingerprint = fingerprint;
  }

  override createConnection(
    options: AgentOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const { host, port, servername } = options as {
      host?: string;
      port?: number | string;
      servername?: string;
    };
    const socket: TLSSocket = connect({
      host: host ?? "localhost",
      port: Number(port),
      ...(servername !== undefined && { servername }),
      // Judged below, by its fingerprint.
      rejectUnauthorized: false,
    });
    const failed = (error: Error): void => callback?.(error, socket);
    socket.once("error", failed);
    socket.once("secureConnect", () => {
      const shown = socket.getPeerX509Certificate()?.fingerprint256.replaceAll(":", "").toLowerCase();
      socket.removeListener("error", failed);
      if (shown === this.#fingerprint) {
        callback?.(null, socket);
        return;
      }
      const error = Object.assign(new Error("Another certificate"), { code: "box.fingerprint" });
      socket.on("error", () => undefined);
      socket.destroy();
      callback?.(error, socket);
    });
    return undefined;
  }
}
