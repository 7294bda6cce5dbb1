import { z } from "zod";
import { SOURCE_KINDS } from "../../core/broadcast.ts";
import { DRILL_RESULTS, DRILL_STEPS, STEP_RESULTS } from "../../core/drill.ts";
import type { Routes } from "../context.ts";
import { identityOf } from "../identity.ts";

const Id = z.string().min(1).max(128);

const DrillBody = z.object({
  id: z.string(),
  speaker: z.string(),
  startedAt: z.string(),
  result: z
    .enum(DRILL_RESULTS)
    .describe(
      "`unproven`: nothing failed, but nobody can tell whether it was heard; `not-held`: it never sounded",
    ),
  reason: z.string().optional().describe("Stable code why it was not held"),
  score: z.object({ passed: z.number().int(), of: z.number().int() }),
  steps: z
    .array(
      z.object({
        step: z.enum(DRILL_STEPS),
        result: z.enum(STEP_RESULTS),
        tookMs: z.number().optional(),
        reason: z.string().optional(),
      }),
    )
    .readonly(),
  by: z.object({ kind: z.enum(SOURCE_KINDS), name: z.string() }),
  volume: z.number(),
  text: z.string(),
});

const DrillsBody = z.object({
  plan: z.object({
    text: z.string(),
    volume: z.number(),
    weekly: z.object({ weekday: z.number().int(), minute: z.number().int() }).optional(),
  }),
  next: z.string().optional(),
  speakers: z
    .array(
      z.object({
        speaker: z.string(),
        running: z.boolean(),
        last: DrillBody.optional(),
        overdueSince: z.string().optional(),
      }),
    )
    .readonly(),
});

const Order = z.strictObject({
  speakers: z.array(Id).min(1).max(64).describe("One after the other"),
});

/** `GET` and `POST /drills`, and the records of one speaker. */
export const drillRoutes: Routes = (app, { drills, audit }) => {
  app.route({
    method: "GET",
    url: "/drills",
    config: { needs: "look" },
    schema: { summary: "The plan of drills and the last one of each speaker", response: { 200: DrillsBody } },
    handler: async () => drills.view(),
  });

  app.route({
    method: "POST",
    url: "/drills",
    config: { needs: "speak" },
    schema: {
      summary: "Hold a drill now: low volume, last of all, silent where anything else would be",
      body: Order,
      response: { 202: DrillsBody },
    },
    handler: async (request, reply) => {
      const { speakers } = request.body;
      drills.begin(speakers, identityOf(request).by);
      await audit.note(request, { type: "org.cunshao.drill.ordered", data: { speakers } });
      return reply.code(202).send(drills.view());
    },
  });

  app.route({
    method: "GET",
    url: "/drills/:speaker/records",
    config: { needs: "look" },
    schema: {
      summary: "Records of a speaker's drills, newest first, at most 100",
      params: z.object({ speaker: Id }),
      response: { 200: z.array(DrillBody).readonly() },
    },
    handler: async (request) => drills.history(request.params.speaker),
  });
};
