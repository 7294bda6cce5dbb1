import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { AnalysisFigures } from "../../core/analysis.ts";
import type { VillageState } from "../../core/village.ts";
import type { Routes } from "../context.ts";
import { refusal } from "../problems.ts";

/** `GET /metrics` in the Prometheus text format 0.0.4; with a token, or from the box itself. */
export const metricsRoutes: Routes = (app, { village, analysis, clock }) => {
  const startedMs = clock.now().monotonicMs;
  app.route({
    method: "GET",
    url: "/metrics",
    config: { open: true },
    schema: { summary: "Figures for Prometheus; token or loopback only", response: { 200: z.string() } },
    handler: async (request, reply) => {
      if (request.identity?.by.kind !== "township" && !fromThisBox(request)) {
        throw refusal("metrics.denied", "Metrics need a bearer token");
      }
      const uptimeSeconds = (clock.now().monotonicMs - startedMs) / 1000;
      return reply
        .header("cache-control", "no-store")
        .type("text/plain; version=0.0.4; charset=utf-8")
        .send(exposition(village.state(), uptimeSeconds) + analysisExposition(analysis()));
    },
  });
};

/** Behind a proxy on the box everybody would look local; a proxy says whom it speaks for. */
function fromThisBox(request: FastifyRequest): boolean {
  const { headers, ip } = request;
  const proxied = headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined;
  return !proxied && (/^(::ffff:)?127\./.test(ip) || ip === "::1");
}

function exposition(state: VillageState, uptimeSeconds: number): string {
  const openAlarms = state.alarms.filter(({ status }) => status !== "cleared").length;
  const { upstreams, cameras, sensors } = state;
  return [
    gauge("cunshao_uptime_seconds", "Since the panel started", [["", uptimeSeconds]]),
    gauge("cunshao_ledger_head", "Seq of the newest event on disk", [["", state.ledger.head]]),
    gauge("cunshao_alarms_open", "Alarms not yet cleared", [["", openAlarms]]),
    gauge(
      "cunshao_upstream_waiting_events",
      "Events an upstream has not acknowledged",
      upstreams.map((upstream) => [label("upstream", upstream.id), upstream.waitingEvents]),
    ),
    gauge(
      "cunshao_upstream_connected",
      "1 while an upstream takes events",
      upstreams.map(({ id, status }) => [label("upstream", id), Number(status === "connected")]),
    ),
    gauge(
      "cunshao_camera_up",
      "1 while a camera gives pictures",
      cameras.map(({ id, state }) => [label("camera", id), Number(state === "running")]),
    ),
    gauge(
      "cunshao_sensor_good",
      "1 while a sensor gives good values",
      sensors.map(({ id, quality }) => [label("sensor", id), Number(quality === "good")]),
    ),
  ].join("");
}

function analysisExposition(cameras: readonly AnalysisFigures[]): string {
  const age = "cunshao_analysed_frame_age_seconds";
  const ages = cameras.flatMap(({ camera, oldestAgeSeconds, ageSecondsSum, judged }) => {
    const name = label("camera", camera);
    return [
      `${age}${name.replace("}", ',quantile="1"}')} ${oldestAgeSeconds}\n`,
      `${age}_sum${name} ${ageSecondsSum}\n`,
      `${age}_count${name} ${judged}\n`,
    ];
  });
  return [
    heading(
      age,
      "summary",
      "From a frame's arrival to the end of its judgement; quantile 1 is of the last minute",
    ),
    ...ages,
    heading("cunshao_analysis_skipped_total", "counter", "Pictures left out because the analysis was behind"),
    ...cameras.map(
      ({ camera, skipped }) => `cunshao_analysis_skipped_total${label("camera", camera)} ${skipped}\n`,
    ),
    gauge(
      "cunshao_analysis_full_rate",
      "1 while every frame is decoded, 0 while key frames only",
      cameras.map(({ camera, isFullRate }) => [label("camera", camera), Number(isFullRate)]),
    ),
    gauge(
      "cunshao_camera_key_frame_seconds",
      "From key frame to key frame of the analysed stream",
      cameras.flatMap(({ camera, keyFrameSeconds }) =>
        keyFrameSeconds === undefined ? [] : [[label("camera", camera), keyFrameSeconds] as const],
      ),
    ),
  ].join("");
}

function gauge(name: string, help: string, values: readonly (readonly [string, number])[]): string {
  const lines = values.map(([labels, value]) => `${name}${labels} ${value}\n`);
  return heading(name, "gauge", help) + lines.join("");
}

function heading(name: string, type: "gauge" | "counter" | "summary", help: string): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
}

function label(name: string, value: string): string {
  const escaped = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
  return `{${name}="${escaped}"}`;
}
