import { z } from "zod";
import type { Routes } from "../context.ts";

const Part = z.object({
  name: z.string(),
  status: z.enum(["ok", "degraded", "starting"]),
  reason: z.string().optional(),
  detail: z.string().optional().describe("More about it in English, for a technician"),
});

const Health = z.object({
  status: z.enum(["ok", "degraded", "starting"]),
  version: z.string(),
  uptimeSeconds: z.number().int(),
  parts: z.array(Part).readonly().optional().describe("Only with a log-in"),
});

/** `GET /health`: 200 as soon as the panel listens. */
export const healthRoutes: Routes = (app, { village, clock }) => {
  const startedMs = clock.now().monotonicMs;
  app.route({
    method: "GET",
    url: "/health",
    config: { open: true },
    schema: {
      summary: "How the box is; each part's state only with a log-in",
      security: [],
      response: { 200: Health },
    },
    handler: async (request, reply) => {
      reply.header("cache-control", "no-store");
      const { status, parts } = village.health();
      return {
        status,
        version: village.state().version,
        uptimeSeconds: Math.floor((clock.now().monotonicMs - startedMs) / 1000),
        ...(request.identity ? { parts } : {}),
      };
    },
  });
};
