import { z } from "zod";
import { startOfDay } from "../../core/local-day.ts";
import { isoTime } from "../../core/time.ts";
import type { Routes } from "../context.ts";
import { refusal } from "../problems.ts";
import { createSearchAudit } from "../search-audit.ts";
import { Reason } from "./recordings.ts";

const DAY_MS = 86_400_000;
const MOST_LATEST = 60;

const Time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

const Crossing = z.object({
  seq: z.number(),
  camera: z.string(),
  line: z.string(),
  at: z.string(),
  clock: z.enum(["synced", "unsynced"]),
  in: z.number(),
  out: z.number(),
  snapshot: z.string().optional(),
});

const Today = z.object({
  since: z.string().describe("Midnight of the village"),
  lines: z.array(
    z.object({ id: z.string(), name: z.string(), camera: z.string(), in: z.number(), out: z.number() }),
  ),
  latest: z.array(Crossing).describe("Newest first; one that stands for many is a count without a picture"),
});

const Span = z.object({
  reason: Reason.describe("Why, for the audit"),
  from: Time.optional().describe("Default: a day before `to`"),
  to: Time.optional().describe("Default: now"),
  line: z.string().min(1).max(63).optional(),
  limit: z.coerce.number().int().min(1).max(1_000).default(200),
});

/** `GET /lines`: who went into the village and out of it today; `GET /crossings`: at any time, with a reason. */
export const lineRoutes: Routes = (app, context) => {
  const { village, crossings, clock } = context;
  const noteSearch = createSearchAudit(context);
  const lines = () =>
    village.state().cameras.flatMap((camera) => {
      return (camera.lines ?? []).map(({ id, name }) => ({ id, name, camera: camera.id }));
    });

  app.route({
    method: "GET",
    url: "/lines",
    config: { needs: "look" },
    schema: { summary: "Today's ins and outs over each line", response: { 200: Today } },
    handler: async () => {
      const now = clock.now().wallMs;
      const since = startOfDay(now, village.state().site.timezone);
      const counts = new Map((await crossings.counts(since, now + 1)).map((count) => [count.line, count]));
      return {
        since: isoTime(since),
        lines: lines().map((line) => ({
          ...line,
          in: counts.get(line.id)?.in ?? 0,
          out: counts.get(line.id)?.out ?? 0,
        })),
        latest: await crossings.between(since, now + 1, MOST_LATEST),
      };
    },
  });

  app.route({
    method: "GET",
    url: "/crossings",
    config: { needs: "replay" },
    schema: {
      summary: "Who went over the lines in a span of time, newest first",
      querystring: Span,
      response: { 200: z.array(Crossing) },
    },
    handler: async (request) => {
      const { line, limit, reason, to: toMs = clock.now().wallMs } = request.query;
      const { from: fromMs = toMs - DAY_MS } = request.query;
      if (fromMs > toMs) throw refusal("request.invalid", "`from` is later than `to`");
      if (line !== undefined && !lines().some(({ id }) => id === line)) {
        throw refusal("line.unknown", "There is no such line");
      }
      const found = await crossings.between(fromMs, toMs, limit, line);
      noteSearch(request, { what: "crossings", subject: line, reason, fromMs, toMs });
      return found;
    },
  });
};
