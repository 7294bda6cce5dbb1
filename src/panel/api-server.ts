import { setMaxListeners } from "node:events";
import type { RequestListener } from "node:http";
import cookie from "@fastify/cookie";
import swagger from "@fastify/swagger";
import websocket from "@fastify/websocket";
import Fastify from "fastify";
import { validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { createAudit } from "./audit.ts";
import type { AccessContext, AccessDependencies, PanelApp } from "./context.ts";
import { spokenFor } from "./identity.ts";
import { letGoWithLogIn } from "./let-go.ts";
import { createLogInThrottle } from "./log-in-throttle.ts";
import { createMachines } from "./machines.ts";
import { describeRoute } from "./openapi.ts";
import { servePage } from "./page-files.ts";
import { createErrorHandler, problemOf, refusal, sendProblem } from "./problems.ts";
import { createProtectiveHeaders, refuseOtherOrigins } from "./protection.ts";
import { createPullPace } from "./pull-pace.ts";
import { demandNeeds, refuseUnlessAllowed } from "./route-needs.ts";
import { trustRoutes } from "./routes/trust.ts";
import { createSessions } from "./sessions.ts";
import type { Certificates } from "./tls/certificates.ts";
import { createOnePortServer } from "./tls/one-port.ts";
import { createPlainHttpGuard } from "./tls/plain-http.ts";

const BODY_LIMIT_BYTES = 64 * 1024;
const HEADERS_TIMEOUT_MS = 30_000;
/** A clip of 100 MB takes seven minutes of 2 Mbit/s; other bodies are 64 KiB at most, so that who sends them slowly holds little. */
const REQUEST_TIMEOUT_MS = 900_000;
const KEEP_ALIVE_MS = 72_000;

export interface ApiServerOptions {
  /** Of the village or township. */
  readonly name: () => string;
  /** For the OpenAPI document. */
  readonly description: string;
  readonly desk?: { readonly name: string } | undefined;
  /** Started; without them it speaks plain HTTP to everybody. */
  readonly certificates?: Certificates | undefined;
  /** What one message of a WebSocket may hold. */
  readonly mostSocketBytes: number;
  /** Adds what there is to see and do. */
  readonly addRoutes: (api: PanelApp, access: AccessContext) => void;
}

/**
 * Who may see, log-ins, headers, TLS and the page, around routes that are handed in: the HTTP side of a village and of a township's
 * desk. Not yet listening. Closing it ends every stream and socket.
 */
export async function buildApiServer(
  dependencies: AccessDependencies,
  { name, description, desk, certificates, mostSocketBytes, addRoutes }: ApiServerOptions,
): Promise<PanelApp> {
  const { config, log, tokens } = dependencies;
  const stopping = new AbortController();
  // Each stream and socket listens to it; they let go when they end.
  setMaxListeners(0, stopping.signal);
  const throttle = createLogInThrottle(dependencies);
  await throttle.load();
  const machines = createMachines({ ...dependencies, tokens, configured: config.tokens });
  const sessions = createSessions({ ...dependencies, throttle, machines });
  const access: AccessContext = {
    ...dependencies,
    sessions,
    machines,
    throttle,
    audit: createAudit(dependencies),
    certificates,
    stopping: stopping.signal,
    desk,
  };

  const app = Fastify({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEADERS_TIMEOUT_MS },
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    ...(certificates ? { serverFactory: onePort(certificates) } : {}),
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
  if (certificates) app.addHook("onRequest", createPlainHttpGuard());
  app.addHook("preClose", async () => stopping.abort());

  await app.register(cookie);
  await app.register(websocket, { options: { maxPayload: mostSocketBytes } });
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: "Cunshao 村哨", version: "1", description },
      components: {
        securitySchemes: {
          cookie: { type: "apiKey", in: "cookie", name: "cunshao_session" },
          bearer: { type: "http", scheme: "bearer" },
        },
      },
      security: [{ cookie: [] }, { bearer: [] }],
    },
    transform: describeRoute,
  });

  const keepPace = createPullPace(dependencies.clock);
  await app.register(
    async (api: PanelApp) => {
      api.addHook("onRoute", demandNeeds);
      api.addHook("onRequest", async (request, reply) => {
        refuseOtherOrigins(request);
        request.identity = spokenFor(await sessions.identify(request), request.headers);
        refuseUnlessAllowed(request);
        keepPace(request);
        letGoWithLogIn(sessions, request, reply);
      });
      addRoutes(api, access);
    },
    { prefix: "/api/v1" },
  );

  app.get("/api/openapi.json", { schema: { hide: true } }, () => app.swagger());
  trustRoutes(app, access, name);
  await servePage(app, config.webFolder, log);
  await app.ready();
  return app;
}

function onePort(certificates: Certificates) {
  return (handler: RequestListener) => {
    const options = {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_MS,
    };
    const server = createOnePortServer(certificates.current(), options, handler);
    const stop = certificates.changed.on((pair) => server.setKeyPair(pair));
    server.once("close", stop);
    return server;
  };
}
