import { z } from "zod";
import type { AnalysisFigures } from "../../core/analysis.ts";
import type { LessonFigures } from "../../core/lesson.ts";
import type { LiveFigures } from "../../core/live.ts";
import type { VillageState } from "../../core/village.ts";
import type { Routes } from "../context.ts";
import { counter, gauge, heading, label, lines, type MetricValues } from "../metrics-text.ts";
import { recordingMetrics } from "../recording-metrics.ts";

/** `GET /metrics` in the Prometheus text format 0.0.4; with a token, or from the box itself. */
export const metricsRoutes: Routes = (app, { village, lessons, live, analysis, clock }) => {
  const startedMs = clock.now().monotonicMs;
  app.route({
    method: "GET",
    url: "/metrics",
    config: { needs: "metrics", orFromThisBox: true },
    schema: { summary: "Figures for Prometheus; open to programs on the box", response: { 200: z.string() } },
    handler: async (_request, reply) => {
      const uptimeSeconds = (clock.now().monotonicMs - startedMs) / 1000;
      return reply
        .header("cache-control", "no-store")
        .type("text/plain; version=0.0.4; charset=utf-8")
        .send(
          exposition(village.state(), uptimeSeconds) +
            lessonExposition(lessons.list().length, lessons.figures()) +
            liveExposition(live.figures()) +
            analysisExposition(analysis()),
        );
    },
  });
};

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
      "cunshao_upstream_waiting_alarms",
      "Alarms among them",
      upstreams.map((upstream) => [label("upstream", upstream.id), upstream.waitingAlarms]),
    ),
    gauge(
      "cunshao_upstream_send_seconds",
      "How long what waits will take at the speed of late",
      upstreams.flatMap(({ id, secondsToSend }) =>
        secondsToSend === undefined ? [] : [[label("upstream", id), secondsToSend] as const],
      ),
    ),
    gauge(
      "cunshao_upstream_last_heard_timestamp_seconds",
      "When an upstream was last heard, in seconds since 1970",
      upstreams.flatMap(({ id, lastHeardAt }) =>
        lastHeardAt === undefined ? [] : [[label("upstream", id), Date.parse(lastHeardAt) / 1000] as const],
      ),
    ),
    gauge(
      "cunshao_upstream_dead_letters",
      "Events that an upstream refused for good",
      upstreams.map(({ id, deadLetters = 0 }) => [label("upstream", id), deadLetters]),
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
      "cunshao_camera_fault",
      "1 for each open fault that makes a camera blind",
      cameras.flatMap(({ id, faults }) =>
        faults.map(({ fault }) => [label("camera", id, "fault", fault), 1] as const),
      ),
    ),
    gauge(
      "cunshao_sensor_good",
      "1 while a sensor gives good values",
      sensors.map(({ id, quality }) => [label("sensor", id), Number(quality === "good")]),
    ),
    ...recordingMetrics(state),
  ].join("");
}

function lessonExposition(standing: number, zones: readonly LessonFigures[]): string {
  return [
    gauge("cunshao_lessons", "What was learnt from false alarms and stands", [["", standing]]),
    counter(
      "cunshao_lesson_ignored_total",
      "What raised no alarm because it was learnt from a false one",
      zones.map(({ camera, zone, ignored }) => [label("camera", camera, "zone", zone), ignored] as const),
    ),
  ].join("");
}

function liveExposition({ viewers, transcoders, droppedFrames, droppedViewers }: LiveFigures): string {
  return [
    gauge(
      "cunshao_live_viewers",
      "Who looks at a live picture now",
      Object.entries(viewers).map(([format, count]) => [label("format", format), count]),
    ),
    gauge("cunshao_live_transcoders", "Cameras transcoded to MPEG-1 now", [["", transcoders]]),
    counter("cunshao_live_dropped_frames_total", "Frames left out for slow viewers", [["", droppedFrames]]),
    counter("cunshao_live_dropped_viewers_total", "Viewers given up because they read nothing", [
      ["", droppedViewers],
    ]),
  ].join("");
}

/** `quantile="1"` is the oldest of the last minute. */
function analysisExposition(cameras: readonly AnalysisFigures[]): string {
  const age = "cunshao_analysed_frame_age_seconds";
  const values = (value: (figures: AnalysisFigures) => number | undefined): MetricValues =>
    cameras.flatMap((figures) => {
      const found = value(figures);
      return found === undefined ? [] : [[label("camera", figures.camera), found] as const];
    });
  return [
    heading("summary", age, "From a frame's arrival to the end of its judgement"),
    ...values(({ oldestAgeSeconds }) => oldestAgeSeconds).map(
      ([labels, value]) => `${age}${labels.replace("}", ',quantile="1"}')} ${value}\n`,
    ),
    lines(
      `${age}_sum`,
      values(({ ageSecondsSum }) => ageSecondsSum),
    ),
    lines(
      `${age}_count`,
      values(({ judged }) => judged),
    ),
    counter(
      "cunshao_analysis_skipped_total",
      "Pictures left out because the analysis was behind",
      values(({ skipped }) => skipped),
    ),
    gauge(
      "cunshao_analysis_full_rate",
      "1 while every frame is decoded, 0 while key frames only",
      values(({ isFullRate }) => Number(isFullRate)),
    ),
    gauge(
      "cunshao_camera_key_frame_seconds",
      "From key frame to key frame of the analysed stream",
      values(({ keyFrameSeconds }) => keyFrameSeconds),
    ),
    counter(
      "cunshao_looks_total",
      "Looks for people",
      values(({ looks }) => looks?.looks),
    ),
    counter(
      "cunshao_look_wait_seconds_total",
      "From a picture that is worth looks to the camera's turn",
      values(({ looks }) => looks && looks.waitedMs / 1000),
    ),
    counter(
      "cunshao_looks_left_out_total",
      "Pictures worth looks that a newer one replaced before the camera's turn",
      values(({ looks }) => looks?.leftOut),
    ),
    counter(
      "cunshao_look_short_seconds_total",
      "Time beyond its next picture that a camera waited for its turn",
      values(({ looks }) => looks && looks.shortMs / 1000),
    ),
  ].join("");
}
