// panel/: the HTTP API and the village page. It only asks: everything it knows and orders goes through the ports in core/.
// It may import core/ and nothing else of the gateway. main.ts starts it last and stops it first.

import type { AddressInfo } from "node:net";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Part, PartHealth } from "../core/part.ts";
import type { PanelApp, PanelDependencies } from "./context.ts";
import { isLoopback } from "./route-needs.ts";
import { buildServer } from "./server.ts";
import { type Certificates, createCertificates } from "./tls/certificates.ts";
import { hostNames, outerAddress } from "./tls/host-names.ts";

export interface Panel extends Part {
  /** What to type: `https://` and an address of this machine, or `http://` where it listens to itself only. */
  url(): string | undefined;
  health(): PartHealth;
}

/** Serves `/api/v1`, `/api/openapi.json` and the page on one port, by TLS and, to the box itself, by plain HTTP. */
export function createPanel(dependencies: PanelDependencies): Panel {
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
      const server = await buildServer(dependencies, certificates);
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

function certificatesOf({ config, village, clock, log }: PanelDependencies): Certificates | undefined {
  const { tls, tlsFolder } = config;
  if (!tls || tls.kind === "off" || tlsFolder === undefined) return undefined;
  return createCertificates({
    setting: tls,
    folder: tlsFolder,
    siteName: village.state().site.name,
    clock,
    isClockSynced: () => village.state().clock === "synced",
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
