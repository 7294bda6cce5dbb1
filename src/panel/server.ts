import { setMaxListeners } from "node:events";
import cookie from "@fastify/cookie";
import swagger from "@fastify/swagger";
import websocket from "@fastify/websocket";
import Fastify, { type RouteOptions } from "fastify";
import { jsonSchemaTransform, validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import type { Permission } from "../core/access.ts";
import { GatewayError } from "../core/errors.ts";
import type { PanelApp, PanelContext, PanelDependencies, Routes } from "./context.ts";
import { servePage } from "./page-files.ts";
import { createErrorHandler, problemOf, refusal, sendProblem } from "./problems.ts";
import { createProtectiveHeaders, refuseOtherOrigins } from "./protection.ts";
import { alarmRoutes } from "./routes/alarms.ts";
import { broadcastRoutes } from "./routes/broadcasts.ts";
import { cameraControlRoutes } from "./routes/camera-control.ts";
import { cameraRoutes } from "./routes/cameras.ts";
import { cursorRoutes } from "./routes/cursors.ts";
import { eventRoutes } from "./routes/events.ts";
import { evidenceRoutes } from "./routes/evidence.ts";
import { healthRoutes } from "./routes/health.ts";
import { lineRoutes } from "./routes/lines.ts";
import { liveRoutes } from "./routes/live.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { movementRoutes } from "./routes/movement.ts";
import { sensorRoutes } from "./routes/sensors.ts";
import { sessionRoutes } from "./routes/session.ts";
import { stateRoutes } from "./routes/state.ts";
import { createSessions, type Identity } from "./sessions.ts";

const BODY_LIMIT_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;

const ROUTES: readonly Routes[] = [
  healthRoutes,
  sessionRoutes,
  stateRoutes,
  eventRoutes,
  cursorRoutes,
  evidenceRoutes,
  alarmRoutes,
  cameraRoutes,
  cameraControlRoutes,
  liveRoutes,
  lineRoutes,
  movementRoutes,
  broadcastRoutes,
  sensorRoutes,
  metricsRoutes,
];

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answers without a log-in. */
    open?: boolean;
    /** What whoever asks must be allowed to do; `log-in`: nothing but that. Every route under /api/v1 says one or the other. */
    needs?: Permission | "log-in";
  }
}

/** A route that says nobody's need would be open to every log-in: it stops the start instead. */
function demandNeeds(route: RouteOptions): void {
  const { open, needs } = route.config ?? {};
  if (open || needs) return;
  throw new GatewayError(`route ${route.url} says neither what it needs nor that it is open`, {
    code: "route.unguarded",
    kind: "bug",
  });
}

/** @throws GatewayError `session.required`, `access.denied` (permanent). */
function refuseUnlessAllowed(identity: Identity | null, needs: Permission | "log-in" | undefined): void {
  if (!identity) throw refusal("session.required", "Log in first, or send a bearer token");
  if (needs === "log-in" || (needs && identity.permissions.has(needs))) return;
  throw refusal("access.denied", `This needs the permission "${needs}", which ${identity.role} has not`);
}

/** The whole HTTP side, not yet listening. Closing it ends every stream and socket. */
export async function buildServer(dependencies: PanelDependencies): Promise<PanelApp> {
  const { accounts, clock, random, config, log } = dependencies;
  const stopping = new AbortController();
  // Each stream and socket listens to it; they let go when they end.
  setMaxListeners(0, stopping.signal);
  const sessions = createSessions({ accounts, tokens: config.tokens, clock, random });
  const context: PanelContext = { ...dependencies, sessions, stopping: stopping.signal };

  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
  }).withTypeProvider<ZodTypeProvider>();

  app.setValidatorCompiler(validatorCompiler);
  // Response schemas describe the API; they never change or stop an answer.
  app.setSerializerCompiler(() => (body) => JSON.stringify(body));
  app.setErrorHandler(createErrorHandler(log));
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, problemOf(refusal("route.unknown", "There is nothing at this address"))),
  );

  const protect = createProtectiveHeaders(config.companion?.url);
  app.decorateRequest("identity", null);
  app.addHook("onRequest", async (_request, reply) => protect(reply));
  app.addHook("preClose", async () => stopping.abort());

  await app.register(cookie);
  await app.register(websocket, { options: { maxPayload: 1024 } });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Cunshao 村哨", version: "1", description: "The edge gateway of a village" },
      components: {
        securitySchemes: {
          cookie: { type: "apiKey", in: "cookie", name: "cunshao_session" },
          bearer: { type: "http", scheme: "bearer" },
        },
      },
      security: [{ cookie: [] }, { bearer: [] }],
    },
    transform: jsonSchemaTransform,
  });

  await app.register(
    async (api: PanelApp) => {
      api.addHook("onRoute", demandNeeds);
      api.addHook("onRequest", async (request) => {
        refuseOtherOrigins(request);
        request.identity = await sessions.identify(request);
        const { open, needs } = request.routeOptions.config;
        if (!open) refuseUnlessAllowed(request.identity, needs);
      });
      for (const routes of ROUTES) routes(api, context);
    },
    { prefix: "/api/v1" },
  );

  app.get("/api/openapi.json", { schema: { hide: true } }, () => app.swagger());
  await servePage(app, config.webFolder, log);
  await app.ready();
  return app;
}
