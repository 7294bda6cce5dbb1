import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Part, PartHealth } from "../core/part.ts";
import type { Clock } from "../core/time.ts";
import type { PanelApp, PanelConfig } from "./context.ts";
import { joinStream } from "./joined-streams.ts";
import { isLoopback } from "./route-needs.ts";
import { type Certificates, createCertificates } from "./tls/certificates.ts";
import { hostNames, outerAddress } from "./tls/host-names.ts";

export interface Panel extends Part {
  /** What to type: `https://` and an address of this machine, or `http://` where it listens to itself only. */
  url(): string | undefined;
  /**
   * Serves a stream that came by another road than the port, as a connection of its own.
   * @param from what the audit calls its address; such a stream is never taken for one from this machine.
   */
  join(stream: Duplex, from: string): void;
  health(): PartHealth;
}

export interface FrontDependencies {
  readonly config: PanelConfig;
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  /** Of the village or township; in the certificate. */
  readonly name: () => string;
  readonly log: Logger;
}

/**
 * Listens: `/api/v1`, `/api/openapi.json` and the page on one port, by TLS and, to the machine itself, by plain HTTP.
 * @param build the server, not yet listening.
 */
export function createFront(
  dependencies: FrontDependencies,
  build: (certificates: Certificates | undefined) => Promise<PanelApp>,
): Panel {
  const { host, port } = dependencies.config;
  let app: PanelApp | undefined;
  let certificates: Certificates | undefined;

  return {
    name: "panel",

    /** @throws GatewayError `panel.port_taken`, `panel.port_denied`, `panel.address_missing` (permanent). */
    async start() {
      if (app) return;
      certificates = certificatesOf(dependencies);
      await certificates?.start();
      const server = await build(certificates);
      try {
        await server.listen({ host, port });
      } catch (error) {
        await server.close();
        certificates?.stop();
        throw listenError(error, host, port);
      }
      app = server;
      dependencies.log.info({ url: this.url() }, "The panel listens");
    },

    async stop() {
      const server = app;
      app = undefined;
      certificates?.stop();
      await server?.close();
    },

    join(stream, from) {
      if (app) joinStream(app.server, stream, from);
      else stream.destroy();
    },

    health() {
      const fault = certificates?.fault();
      return fault
        ? { name: "panel", status: "degraded", reason: fault }
        : { name: "panel", status: app ? "ok" : "starting" };
    },

    url() {
      const address = app?.server.address() as AddressInfo | null | undefined;
      if (!address) return undefined;
      const own = isLoopback(address.address);
      const everywhere = address.address === "0.0.0.0" || address.address === "::";
      const reached = (everywhere && outerAddress()) || address.address;
      const shown = reached.includes(":") ? `[${reached}]` : reached;
      return `${certificates && !own ? "https" : "http"}://${shown}:${address.port}`;
    },
  };
}

function certificatesOf({
  config,
  name,
  clock,
  isClockSynced,
  log,
}: FrontDependencies): Certificates | undefined {
  const { tls, tlsFolder } = config;
  if (!tls || tls.kind === "off" || tlsFolder === undefined) return undefined;
  return createCertificates({
    setting: tls,
    folder: tlsFolder,
    siteName: name(),
    clock,
    isClockSynced,
    names: hostNames,
    log,
  });
}

function listenError(error: unknown, host: string, port: number): Error {
  const place = `${host}:${port}`;
  const known: Record<string, readonly [code: string, message: string]> = {
    EADDRINUSE: [
      "panel.port_taken",
      `Port ${port} is taken on ${host}: stop the other program (ss -ltnp shows it) or set CUNSHAO_PORT`,
    ],
    EACCES: [
      "panel.port_denied",
      `This user may not listen on ${place}: choose a port above 1023 with CUNSHAO_PORT`,
    ],
    EADDRNOTAVAIL: [
      "panel.address_missing",
      `This machine has no address ${host}: set CUNSHAO_HOST, e.g. 0.0.0.0`,
    ],
  };
  const [code, message] = known[errorCode(error)] ?? ["panel.listen_failed", `Cannot listen on ${place}`];
  return new GatewayError(message, { code, kind: "permanent", cause: error });
}
