import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { LONGEST_NOTE } from "../../core/alarm.ts";
import type { DeskActKind } from "../../core/township-desk.ts";
import { lifetimeOf } from "../context.ts";
import { identityOf } from "../identity.ts";
import { refusal } from "../problems.ts";
import { writing } from "../routes/writing.ts";
import type { DeskContext, DeskRoutes } from "./desk-context.ts";

const Which = z.object({ box: z.string().min(1).max(63), id: z.string().min(1).max(128) });
const Note = z.object({ text: writing(LONGEST_NOTE) });
const Outcome = z.object({
  status: z
    .enum(["done", "kept", "here", "over"])
    .describe(
      "kept: the village is away, and gets it once it is back, or has not answered within 12 s; here: it has lost its records of this alarm, only the desk has it now; over: the alarm had ended already, the desk keeps who saw to it",
    ),
});

const Act = Which.extend({ act: z.string().min(1).max(64) });

/**
 * `POST /boxes/<box>/alarms/<id>/acknowledge`, `/clear` and `/notes`: done at the village as the act of whoever is logged in.
 * `DELETE /boxes/<box>/alarms/<id>/acts/<act>` takes one back.
 */
export const actRoutes: DeskRoutes = (app, context) => {
  for (const kind of ["acknowledge", "clear"] as const) {
    app.route({
      method: "POST",
      url: `/boxes/:box/alarms/:id/${kind}`,
      config: { needs: "handle" },
      schema: {
        summary: kind === "clear" ? "It is over" : "Somebody has taken care",
        params: Which,
        response: { 200: Outcome, 202: Outcome },
      },
      handler: (request, reply) => act(context, request, reply, request.params, kind),
    });
  }
  app.route({
    method: "POST",
    url: "/boxes/:box/alarms/:id/notes",
    config: { needs: "handle" },
    schema: {
      summary: "Something for whoever comes next",
      params: Which,
      body: Note,
      response: { 200: Outcome, 202: Outcome },
    },
    handler: (request, reply) => act(context, request, reply, request.params, "note", request.body.text),
  });
  app.route({
    method: "DELETE",
    url: "/boxes/:box/alarms/:id/acts/:act",
    config: { needs: "handle" },
    schema: {
      summary: "Take back what waits for the village and was not sent yet, or put away what it refused",
      params: Act,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      const { box, id: alarm, act } = request.params;
      const { was, act: gone } = await context.township.takeBack({ box, alarm, act });
      await context.audit.note(request, {
        type: was === "kept" ? "org.cunshao.desk.act_withdrawn" : "org.cunshao.desk.refusal_read",
        subject: alarm,
        data: { box, kind: gone.kind, person: gone.person },
      });
      return reply.code(204).send(null);
    },
  });
};

async function act(
  { township, audit, stopping }: DeskContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { box, id: alarm }: z.infer<typeof Which>,
  kind: DeskActKind,
  text?: string,
): Promise<z.infer<typeof Outcome>> {
  const { name: person } = identityOf(request);
  await audit.note(request, { type: "org.cunshao.desk.act", subject: alarm, data: { box, kind } });
  const outcome = await township.act(
    { box, alarm, kind, person, ...(text !== undefined && { text }) },
    lifetimeOf(reply, stopping),
  );
  if (outcome.status === "refused") throw refusal(outcome.code, "The village does not do it");
  reply.code(outcome.status === "kept" ? 202 : 200);
  return { status: outcome.status };
}
