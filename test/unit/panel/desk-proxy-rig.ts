import { once } from "node:events";
import { Agent, createServer, type IncomingMessage, type RequestListener, request } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import websocket from "@fastify/websocket";
import Fastify from "fastify";
import { validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { onTestFinished } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { type Clock, systemClock } from "../../../src/core/time.ts";
import type { PanelApp } from "../../../src/panel/context.ts";
import type { DeskContext } from "../../../src/panel/desk/desk-context.ts";
import { proxyRoutes } from "../../../src/panel/desk/proxy.ts";
import type { Identity } from "../../../src/panel/identity.ts";
import { createErrorHandler } from "../../../src/panel/problems.ts";

const VIEWER: Identity = {
  name: "viewer",
  role: "viewer",
  permissions: new Set(["look"]),
  by: { kind: "person", name: "viewer" },
};

export interface ProxyRig {
  readonly url: string;
  /** What the village was asked for, as `GET /api/v1/state`. */
  readonly asked: readonly string[];
  /** Log-ins of sockets that are watched now. */
  watched(): number;
  begin(
    method: string,
    path: string,
    headers?: Record<string, string | number>,
  ): { readonly sent: ReturnType<typeof request>; readonly answer: Promise<ProxyAnswer> };
}

export interface ProxyAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
}

/** A desk's way into one village, which is what the test makes of it, before somebody who may look and do nothing else. */
export async function startProxy(
  village: RequestListener,
  {
    clock = systemClock,
    onUpgrade,
  }: {
    readonly clock?: Clock;
    readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  } = {},
): Promise<ProxyRig> {
  const asked: string[] = [];
  const server = createServer((ask, answer) => {
    asked.push(`${ask.method} ${ask.url}`);
    village(ask, answer);
  });
  server.on("upgrade", (ask: IncomingMessage, socket: Duplex, head: Buffer) =>
    onUpgrade?.(ask, socket, head),
  );
  const villageUrl = await listening(server);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const pages = new Agent({ keepAlive: true });
  let watched = 0;
  const context = {
    ...{ clock, log: silentLogger },
    stopping: new AbortController().signal,
    township: { door: () => ({ url: villageUrl, agent, pictureAgent: agent, token: "token-of-the-desk" }) },
    audit: { note: async () => undefined },
    sessions: {
      watch() {
        watched++;
        return { ended: new AbortController().signal, release: () => watched-- };
      },
    },
  } as unknown as DeskContext;
  const app = Fastify().withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setErrorHandler(createErrorHandler(silentLogger));
  app.decorateRequest("identity", null);
  await app.register(websocket);
  await app.register(
    async (api: PanelApp) => {
      api.addHook("onRequest", async (one) => {
        one.identity = VIEWER;
      });
      proxyRoutes(api, context);
    },
    { prefix: "/api/v1" },
  );
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  onTestFinished(async () => {
    for (const each of [agent, pages]) each.destroy();
    app.server.closeAllConnections();
    server.closeAllConnections();
    await app.close();
    server.close();
  });
  return {
    ...{ url, asked, watched: () => watched },
    begin(method, path, headers = {}) {
      const sent = request(`${url}/api/v1/boxes/longwan${path}`, { method, headers, agent: pages });
      const answer = once(sent, "response").then(async ([response]: IncomingMessage[]) => {
        const chunks: Buffer[] = [];
        for await (const chunk of response ?? []) chunks.push(chunk as Buffer);
        return {
          status: response?.statusCode ?? 0,
          headers: response?.headers ?? {},
          text: Buffer.concat(chunks).toString(),
        };
      });
      return { sent, answer };
    },
  };
}

async function listening(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
