import { buildApiServer } from "./api-server.ts";
import type { PanelApp, PanelContext, PanelDependencies, Routes } from "./context.ts";
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
import { mapRoutes } from "./routes/map.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { monthlySheetRoutes } from "./routes/monthly-sheet.ts";
import { movementRoutes } from "./routes/movement.ts";
import { pauseRoutes } from "./routes/pauses.ts";
import { programmeRoutes } from "./routes/programmes.ts";
import { recordingRoutes } from "./routes/recordings.ts";
import { reportRoutes } from "./routes/reports.ts";
import { ruleRoutes } from "./routes/rules.ts";
import { sensorRoutes } from "./routes/sensors.ts";
import { sessionRoutes } from "./routes/session.ts";
import { setUpRoutes } from "./routes/set-up.ts";
import { shapeRoutes } from "./routes/shapes.ts";
import { speechRoutes } from "./routes/speech.ts";
import { stateRoutes } from "./routes/state.ts";
import { talkRoutes } from "./routes/talk.ts";
import { timelineRoutes } from "./routes/timeline.ts";
import { tokenRoutes } from "./routes/tokens.ts";
import { upstreamRoutes } from "./routes/upstreams.ts";
import { wiringRoutes } from "./routes/wiring.ts";
import { zoneTrialRoutes } from "./routes/zone-trials.ts";
import { zoneRoutes } from "./routes/zones.ts";
import type { Certificates } from "./tls/certificates.ts";

/** 40 ms of a voice at 48 kHz are 4 kB; nobody else sends anything worth mention. */
const MOST_SOCKET_BYTES = 8 * 1024;

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
  monthlySheetRoutes,
  reportRoutes,
  pauseRoutes,
  programmeRoutes,
  ruleRoutes,
  dutyRoutes,
  lessonRoutes,
  cameraRoutes,
  zoneRoutes,
  shapeRoutes,
  mapRoutes,
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
  setUpRoutes,
  metricsRoutes,
];

/**
 * The whole HTTP side of a village, not yet listening. Closing it ends every stream and socket.
 * @param certificates started; without them it speaks plain HTTP to everybody.
 */
export function buildServer(dependencies: PanelDependencies, certificates?: Certificates): Promise<PanelApp> {
  return buildApiServer(dependencies, {
    name: () => dependencies.village.state().site.name,
    description: "The edge gateway of a village",
    certificates,
    mostSocketBytes: MOST_SOCKET_BYTES,
    addRoutes(api, access) {
      const context: PanelContext = { ...dependencies, ...access };
      for (const routes of ROUTES) routes(api, context);
    },
  });
}
