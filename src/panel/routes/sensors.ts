import { z } from "zod";
import type { StoredReading } from "../../core/stores.ts";
import { isoTime } from "../../core/time.ts";
import type { Routes } from "../context.ts";
import { refusal } from "../problems.ts";

const DAY_MS = 86_400_000;
/** A reading each 2 s for five hours. */
const MOST_READ = 10_000;

const Time = z.iso.datetime({ offset: true }).transform((text) => isoTime(Date.parse(text)));

const Span = z.object({
  from: Time.optional().describe("Default: a day before `to`"),
  to: Time.optional().describe("Default: now"),
  limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
  everySeconds: z.coerce
    .number()
    .min(1)
    .max(86_400)
    .optional()
    .describe("Gives only the last reading of each such span, for drawing"),
});

const SensorBody = z.object({
  id: z.string(),
  name: z.string(),
  unit: z.string(),
  value: z.number().nullable(),
  quality: z.enum(["good", "invalid", "lost"]),
  accumulates: z
    .object({ since: z.enum(["power-up", "midnight", "ever"]), wrapsAt: z.number().optional() })
    .optional()
    .describe("Its value is counted up, as a rain gauge's: what came is the difference of two"),
  sums: z
    .object({ 1: z.number(), 3: z.number(), 6: z.number(), 12: z.number(), 24: z.number() })
    .optional()
    .describe("What such a one counted in the last so many hours"),
  at: z.string().optional(),
});

const Reading = z.object({
  sensor: z.string(),
  at: z.string(),
  value: z.number().nullable(),
  quality: z.string(),
});

/** As long as readings are kept. */
const LONGEST_CURVE_MS = 400 * DAY_MS;

const CurveSpan = z.object({
  from: Time,
  to: Time,
  parts: z.coerce.number().int().min(2).max(1_000).default(400).describe("As many as the plot can draw"),
});

const CurvePart = z.object({
  from: z.string(),
  to: z.string(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  mean: z.number().nullable(),
  grown: z.number().nullable().optional().describe("By how much it grew, of a sensor that counts up"),
  lost: z.number().describe("So many readings got no answer"),
  invalid: z.number().describe("So many made no sense"),
});

/** `GET /sensors`, `GET /sensors/<id>/readings` and `/curve`. */
export const sensorRoutes: Routes = (app, { village, readings, clock }) => {
  app.route({
    method: "GET",
    url: "/sensors",
    config: { needs: "look" },
    schema: {
      summary: "All sensors and their last value",
      response: { 200: z.array(SensorBody).readonly() },
    },
    handler: async () => village.state().sensors,
  });

  app.route({
    method: "GET",
    url: "/sensors/:id/readings",
    config: { needs: "look" },
    schema: {
      summary: "A sensor's values of a span of time",
      params: z.object({ id: z.string().min(1).max(128) }),
      querystring: Span,
      response: { 200: z.array(Reading) },
    },
    handler: async (request) => {
      const { id } = request.params;
      if (!village.state().sensors.some((sensor) => sensor.id === id)) {
        throw refusal("sensor.unknown", "There is no such sensor");
      }
      const { to = isoTime(clock.now().wallMs), limit } = request.query;
      const { from = isoTime(Date.parse(to) - DAY_MS) } = request.query;
      if (from > to) throw refusal("request.invalid", "`from` is later than `to`");
      const { everySeconds } = request.query;
      if (everySeconds === undefined) return readings.between(id, from, to, limit);
      return thin(await readings.between(id, from, to, MOST_READ), everySeconds * 1000).slice(-limit);
    },
  });

  app.route({
    method: "GET",
    url: "/sensors/:id/curve",
    config: { needs: "look" },
    schema: {
      summary: "A sensor's values of a day or a season, added up in parts: what a plot can draw",
      params: z.object({ id: z.string().min(1).max(128) }),
      querystring: CurveSpan,
      response: { 200: z.array(CurvePart) },
    },
    handler: async (request) => {
      const { id } = request.params;
      const sensor = village.state().sensors.find((one) => one.id === id);
      if (!sensor) throw refusal("sensor.unknown", "There is no such sensor");
      const [fromMs, toMs] = [Date.parse(request.query.from), Date.parse(request.query.to)];
      if (fromMs >= toMs) throw refusal("request.invalid", "`to` is not after `from`");
      if (toMs - fromMs > LONGEST_CURVE_MS) throw refusal("request.invalid", "At most 400 days at once");
      return readings.curve(id, fromMs, toMs, request.query.parts, sensor.accumulates);
    },
  });
};

function thin(readings: readonly StoredReading[], everyMs: number): StoredReading[] {
  const last = new Map<number, StoredReading>();
  for (const reading of readings) last.set(Math.floor(Date.parse(reading.at) / everyMs), reading);
  return [...last.values()];
}
