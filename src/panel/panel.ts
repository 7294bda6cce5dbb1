// panel/: the HTTP API and the village page. It only asks: everything it knows and orders goes through the ports in core/.
// It may import core/ and nothing else of the gateway. main.ts starts it last and stops it first.

import type { AddressInfo } from "node:net";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Part } from "../core/part.ts";
import type { PanelApp, PanelDependencies } from "./context.ts";
import { buildServer } from "./server.ts";

export interface Panel extends Part {
  /** `http://host:port` as listened on; undefined while stopped. */
  url(): string | undefined;
}

/** Serves `/api/v1`, `/api/openapi.json` and the page on one port. */
export function createPanel(dependencies: PanelDependencies): Panel {
  const { host, port } = dependencies.config;
  let app: PanelApp | undefined;

  return {
    name: "panel",

    /** @throws GatewayError `panel.port_taken`, `panel.port_denied`, `panel.address_missing` (permanent). */
    async start() {
      if (app) return;
      const server = await buildServer(dependencies);
      try {
        await server.listen({ host, port });
      } catch (error) {
        await server.close();
        throw listenError(error, host, port);
      }
      app = server;
      dependencies.log.info({ url: this.url() }, "The panel listens");
    },

    async stop() {
      const server = app;
      app = undefined;
      await server?.close();
    },

    url() {
      const address = app?.server.address() as AddressInfo | null | undefined;
      if (!address) return undefined;
      const shown = address.family === "IPv6" ? `[${address.address}]` : address.address;
      return `http://${shown}:${address.port}`;
    },
  };
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
