import { setMaxListeners } from "node:events";
import type { RequestListener } from "node:http";
import cookie from "@fastify/cookie";
import swagger from "@fastify/swagger";
import websocket from "@fastify/websocket";
import Fastify from "fastify";
import { validatorCompiler, type ZodTypeProvider } from "fastify-type-provider-zod";
import { createAudit } from "./audit.ts";
import type { PanelApp, PanelContext, PanelDependencies, Routes } from "./context.ts";
import { letGoWithLogIn } from "./let-go.ts";
import { createLogInThrottle } from "./log-in-throttle.ts";
import { createMachines } from "./machines.ts";
import { describeRoute } from "./openapi.ts";
import { servePage } from "./page-files.ts";
import { createErrorHandler, problemOf, refusal, sendProblem } from "./problems.ts";
import { createProtectiveHeaders, refuseOtherOrigins } from "./protection.ts";
import { createPullPace } from "./pull-pace.ts";
import { demandNeeds, refuseUnlessAllowed } from "./route-needs.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { alarmRoutes } from "./routes/alarms.ts";
import { broadcastRoutes } from "./routes/broadcasts.ts";
import { cameraControlRoutes } from "./routes/camera-control.ts";
import { cameraRoutes } from "./routes/cameras.ts";
import { clipRoutes } from "./routes/clips.ts";
import { clockRoutes } from "./routes/clock.ts";
import { commandRoutes } from "./routes/commands.ts";
import { cursorRoutes } from "./routes/cursors.ts";
import { drillRoutes } from "./routes/drills.ts";
import { dutyRoutes } from "./routes/duty.ts";
import { eventRoutes } from "./routes/events.ts";
import { evidenceRoutes } from "./routes/evidence.ts";
import { exportRoutes } from "./routes/exports.ts";
import { healthRoutes } from "./routes/health.ts";
import { lessonRoutes } from "./routes/lessons.ts";
import { lineRoutes } from "./routes/lines.ts";
import { liveRoutes } from "./routes/live.ts";
import { lockRoutes } from "./routes/locks.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { movementRoutes } from "./routes/movement.ts";
import { pauseRoutes } from "./routes/pauses.ts";
import { programmeRoutes } from "./routes/programmes.ts";
import { recordingRoutes } from "./routes/recordings.ts";
import { reportRoutes } from "./routes/reports.ts";
import { ruleRoutes } from "./routes/rules.ts";
import { sensorRoutes } from "./routes/sensors.ts";
import { sessionRoutes } from "./routes/session.ts";
import { shapeRoutes } from "./routes/shapes.ts";
import { speechRoutes } from "./routes/speech.ts";
import { stateRoutes } from "./routes/state.ts";
import { talkRoutes } from "./routes/talk.ts";
import { timelineRoutes } from "./routes/timeline.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { trustRoutes } from "./routes/trust.ts";
import { upstreamRoutes } from "./routes/upstreams.ts";
import { wiringRoutes } from "./routes/wiring.ts";
import { zoneTrialRoutes } from "./routes/zone-trials.ts";
import { zoneRoutes } from "./routes/zones.ts";
import { createSessions } from "./sessions.ts";
import type { Certificates } from "./tls/certificates.ts";
import { createOnePortServer } from "./tls/one-port.ts";
import { createPlainHttpGuard } from "./tls/plain-http.ts";

const BODY_LIMIT_BYTES = 64 * 1024;
const HEADERS_TIMEOUT_MS = 30_000;
/** A recording comes in over a slow line; other bodies are 64 KiB at most, so that who sends them slowly holds little. */
const REQUEST_TIMEOUT_MS = 300_000;
const KEEP_ALIVE_MS = 72_000;

const ROUTES: readonly Routes[] = [
  healthRoutes,
  sessionRoutes,
  accountRoutes,
  tokenRoutes,
  lockRoutes,
  upstreamRoutes,
  stateRoutes,
  eventRoutes,
  cursorRoutes,
  commandRoutes,
  clockRoutes,
  evidenceRoutes,
  alarmRoutes,
  reportRoutes,
  pauseRoutes,
  programmeRoutes,
  ruleRoutes,
  dutyRoutes,
  lessonRoutes,
  cameraRoutes,
  zoneRoutes,
  shapeRoutes,
  zoneTrialRoutes,
  cameraControlRoutes,
  liveRoutes,
  recordingRoutes,
  exportRoutes,
  lineRoutes,
  movementRoutes,
  timelineRoutes,
  broadcastRoutes,
  speechRoutes,
  clipRoutes,
  drillRoutes,
  talkRoutes,
  sensorRoutes,
  wiringRoutes,
  metricsRoutes,
];

/**
 * The whole HTTP side, not yet listening. Closing it ends every stream and socket.
 * @param certificates started; without them it speaks plain HTTP to everybody.
 */
export async function buildServer(
  dependencies: PanelDependencies,
  certificates?: Certificates,
): Promise<PanelApp> {
  const { config, log, tokens } = dependencies;
  const stopping = new AbortController();
  // Each stream and socket listens to it; they let go when they end.
  setMaxListeners(0, stopping.signal);
  const throttle = createLogInThrottle(dependencies);
  await throttle.load();
  const machines = createMachines({ ...dependencies, tokens, configured: config.tokens });
  const sessions = createSessions({ ...dependencies, throttle, machines });
  const context: PanelContext = {
    ...dependencies,
    sessions,
    machines,
    throttle,
    audit: createAudit(dependencies),
    certificates,
    stopping: stopping.signal,
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
  // 40 ms of a voice at 48 kHz are 4 kB; nobody else sends anything worth mention.
  await app.register(websocket, { options: { maxPayload: 8 * 1024 } });
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
    transform: describeRoute,
  });

  const keepPace = createPullPace(dependencies.clock);
  await app.register(
    async (api: PanelApp) => {
      api.addHook("onRoute", demandNeeds);
      api.addHook("onRequest", async (request, reply) => {
        refuseOtherOrigins(request);
        request.identity = await sessions.identify(request);
        refuseUnlessAllowed(request);
        keepPace(request);
        letGoWithLogIn(sessions, request, reply);
      });
      for (const routes of ROUTES) routes(api, context);
    },
    { prefix: "/api/v1" },
  );

  app.get("/api/openapi.json", { schema: { hide: true } }, () => app.swagger());
  trustRoutes(app, context);
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
