import { z } from "zod";
import { SOURCE_KINDS } from "../../core/broadcast.ts";
import type { PauseTarget } from "../../core/pause.ts";
import type { Routes } from "../context.ts";
import { identityOf } from "../identity.ts";
import { refusal } from "../problems.ts";
import { line } from "./writing.ts";

const Name = z.string().min(1).max(128);

export const PauseBody = z.object({
  id: z.string(),
  rule: z.string().optional(),
  camera: z.string().optional(),
  zone: z.string().optional(),
  name: z.string(),
  rules: z.array(z.string()).readonly().describe("Rules that it keeps from acting"),
  state: z
    .enum(["paused", "waiting"])
    .describe(
      "`waiting`: after a restart, until the clock is known to be right; the rules are armed meanwhile",
    ),
  from: z.string(),
  until: z.string(),
  by: z.object({ kind: z.enum(SOURCE_KINDS), name: z.string() }),
  reason: z.string(),
  withheld: z.number().int().describe("How often its rules would have acted"),
});

const Order = z.strictObject({
  rule: Name.optional().describe("A rule, or `camera` and `zone`"),
  camera: Name.optional(),
  zone: Name.optional().describe("With it every rule that watches it, emergencies excepted"),
  seconds: z.number().optional().describe("60 to 86,400; this or `until`"),
  until: z.iso.datetime({ offset: true }).optional(),
  reason: line(200),
});

/** `GET`, `POST` and `DELETE /pauses`: a rule or zone does not act for a time. */
export const pauseRoutes: Routes = (app, { pauses, audit }) => {
  app.route({
    method: "GET",
    url: "/pauses",
    config: { needs: "look" },
    schema: { summary: "What is paused now, oldest first", response: { 200: z.array(PauseBody).readonly() } },
    handler: async () => pauses.list(),
  });

  app.route({
    method: "POST",
    url: "/pauses",
    config: { needs: "pause" },
    schema: {
      summary: "Pause a rule or a zone; replaces a pause of the same",
      body: Order,
      response: { 201: PauseBody },
    },
    handler: async (request, reply) => {
      const { reason, seconds, until, ...names } = request.body;
      const identity = identityOf(request);
      const view = await pauses.begin(
        { target: targetOf(names), end: endOf(seconds, until), reason },
        identity.by,
        identity.permissions.has("set-up"),
      );
      // The ledger's own event says who and why; this one from where.
      await audit.note(request, {
        type: "org.cunshao.pause.ordered",
        subject: view.id,
        data: { ...names, until: view.until },
        reason,
      });
      return reply.code(201).send(view);
    },
  });

  app.route({
    method: "DELETE",
    url: "/pauses/:id",
    config: { needs: "pause" },
    schema: { summary: "Arm again now", params: z.object({ id: Name }), response: { 204: z.null() } },
    handler: async (request, reply) => {
      const { id } = request.params;
      await pauses.end(id, identityOf(request).by);
      await audit.note(request, { type: "org.cunshao.pause.lifted", subject: id });
      return reply.code(204).send(null);
    },
  });
};

function targetOf({
  rule,
  camera,
  zone,
}: Omit<z.infer<typeof Order>, "reason" | "seconds" | "until">): PauseTarget {
  if (rule !== undefined && camera === undefined && zone === undefined) return { kind: "rule", rule };
  if (rule === undefined && camera !== undefined && zone !== undefined) return { kind: "zone", camera, zone };
  throw refusal("request.invalid", "Either `rule`, or `camera` and `zone`");
}

function endOf(seconds: number | undefined, until: string | undefined) {
  if (seconds !== undefined && until === undefined) return { seconds };
  if (until !== undefined && seconds === undefined) return { untilMs: Date.parse(until) };
  throw refusal("request.invalid", "Either `seconds` or `until`");
}
