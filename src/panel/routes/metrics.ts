import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { VillageState } from "../../core/village.ts";
import type { Routes } from "../context.ts";
import { gauge, label } from "../metrics-text.ts";
import { refusal } from "../problems.ts";
import { recordingMetrics } from "../recording-metrics.ts";

/** `GET /metrics` in the Prometheus text format 0.0.4; with a token, or from the box itself. */
export const metricsRoutes: Routes = (app, { village, clock }) => {
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
        .send(exposition(village.state(), uptimeSeconds));
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
    ...recordingMetrics(state),
  ].join("");
}
