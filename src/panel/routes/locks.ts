import { z } from "zod";
import type { AccessRoutes } from "../context.ts";
import { refusal } from "../problems.ts";

const Lock = z.object({
  kind: z.enum(["address", "account"]),
  subject: z.string().describe("An address, an IPv6 network, or a user name"),
  failures: z.number().int(),
  at: z.string().describe("Of the last wrong password"),
  waitSeconds: z.number().int().describe("Until the next attempt is taken"),
});

const Which = z.object({ kind: z.enum(["address", "account"]), subject: z.string().min(1).max(128) });

/** Who must wait after wrong passwords, for administrators. */
export const lockRoutes: AccessRoutes = (app, { throttle, audit }) => {
  app.route({
    method: "GET",
    url: "/locks",
    config: { needs: "accounts" },
    schema: { summary: "Addresses and accounts that must wait", response: { 200: z.array(Lock) } },
    handler: async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return throttle
        .list()
        .map(({ waitMs, ...lock }) => ({ ...lock, waitSeconds: Math.ceil(waitMs / 1000) }));
    },
  });

  app.route({
    method: "DELETE",
    url: "/locks/:kind/:subject",
    config: { needs: "accounts" },
    schema: { summary: "Let it try again at once", params: Which, response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { kind, subject } = request.params;
      if (!(await throttle.lift(kind, subject))) throw refusal("lock.unknown", "There is no such lock");
      await audit.note(request, { type: "org.cunshao.lock.lifted", subject, data: { kind } });
      return reply.code(204).send(null);
    },
  });
};
