import { z } from "zod";
import type { Routes } from "../context.ts";
import { refusal } from "../problems.ts";

const UpstreamBody = z.object({
  id: z.string(),
  kind: z.enum(["http", "mqtt"]).optional(),
  status: z.enum(["connecting", "connected", "unreachable", "refused"]),
  since: z.string(),
  lastHeardAt: z.string().optional().describe("Absent if it was never heard"),
  waitingEvents: z.number(),
  waitingAlarms: z.number(),
  secondsToSend: z
    .number()
    .optional()
    .describe("How long what waits will take at the speed of late, once it is taken"),
  deadLetters: z.number().optional().describe("Events that it refused for good"),
  reason: z.string().optional().describe("Stable code of the last failure"),
});

const DeadLetterBody = z.object({
  upstream: z.string(),
  seq: z.number(),
  class: z.enum(["alarm", "state", "audit"]),
  type: z.string(),
  code: z.string(),
  said: z.string().optional().describe("The upstream's own words"),
  at: z.string(),
});

const Which = z.object({
  id: z.string().min(1).max(63),
  seq: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER),
});

/** Who gets the village's events, how far each of them is, and what it refused. */
export const upstreamRoutes: Routes = (app, { upstreams, audit }) => {
  app.route({
    method: "GET",
    url: "/upstreams",
    config: { needs: "look" },
    schema: {
      summary: "When each upstream was last heard, what waits for it and about how long that takes",
      response: { 200: z.array(UpstreamBody).readonly() },
    },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return upstreams.states();
    },
  });

  app.route({
    method: "GET",
    url: "/dead-letters",
    config: { needs: "events" },
    schema: {
      summary: "Events that an upstream refused for good, newest first",
      querystring: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
      response: { 200: z.array(DeadLetterBody) },
    },
    handler: (request) => upstreams.deadLetters(request.query.limit),
  });

  app.route({
    method: "POST",
    url: "/upstreams/:id/dead-letters/:seq/retry",
    config: { needs: "set-up" },
    schema: { summary: "Send it once more", params: Which, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { id, seq } = request.params;
      if (!upstreams.states().some((upstream) => upstream.id === id)) {
        throw refusal("upstream.unknown", "There is no such upstream");
      }
      await upstreams.retry(id, seq);
      await audit.note(request, { type: "org.cunshao.dead_letter.retried", subject: id, data: { seq } });
      return reply.code(204).send(null);
    },
  });
};
