import { z } from "zod";
import { SOURCE_KINDS } from "../../core/broadcast.ts";
import type { Routes } from "../context.ts";
import { identityOf } from "../identity.ts";

const Id = z.object({ id: z.string().min(1).max(128) });
const Pair = z.array(z.number()).readonly();

const Words = z.object({
  camera: z.string(),
  zone: z.string(),
  name: z.string().describe("Of the camera and the zone"),
  detector: z.string().describe("It ignores only what is found by the same means"),
  spots: z
    .array(
      z.object({
        feet: Pair.describe("In fractions of the picture"),
        reach: Pair.describe("How far the feet may be from there, each way"),
        width: z.number(),
        height: z.number(),
        factor: z.number().describe("Width and height may be so many times larger or smaller"),
      }),
    )
    .readonly(),
  isPerson: z.boolean().describe("A model was sure to see a person: narrower, and 7 days instead of 30"),
  hours: z.object({ fromMinute: z.number().int(), toMinute: z.number().int() }).optional(),
  until: z.string(),
});

export const LessonBody = Words.extend({
  id: z.string(),
  state: z
    .enum(["holding", "clock", "moved", "zone"])
    .describe(
      "Nothing is ignored unless `holding`: `clock` waits for a right clock, `moved`: the camera looks elsewhere, `zone`: the water left too little of the zone",
    ),
  by: z.object({ kind: z.enum(SOURCE_KINDS), name: z.string() }),
  taughtAt: z.string(),
  alarms: z.array(z.string()).readonly(),
  today: z.number().int().describe("How often it ignored something"),
  week: z.number().int().describe("In the last seven days"),
  total: z.number().int(),
  picturedAt: z.string().optional(),
});

const FalseAlarmBody = z.object({
  alarm: z.string(),
  ignores: Words.optional().describe("What is ignored from now on; absent where nothing is"),
  lesson: z.string().optional(),
  repeats: z
    .boolean()
    .optional()
    .describe("Taught once more: it lasts longer, and ignores no more than before"),
  nothing: z.string().optional().describe("Code of why nothing is learnt, e.g. `lesson.zone_full`"),
});

/** `/alarms/<id>/false-alarm`: a person calls an alarm false, and takes that back. `/lessons`: what was learnt from it. */
export const lessonRoutes: Routes = (app, { lessons, audit }) => {
  app.route({
    method: "GET",
    url: "/alarms/:id/false-alarm",
    config: { needs: "look" },
    schema: {
      summary: "What would be ignored if this alarm were called false",
      params: Id,
      response: { 200: FalseAlarmBody },
    },
    handler: (request) => lessons.preview(request.params.id),
  });

  app.route({
    method: "POST",
    url: "/alarms/:id/false-alarm",
    config: { needs: "handle" },
    schema: {
      summary: "It was a false alarm: acknowledged, and what is like it at that place is ignored and counted",
      params: Id,
      response: { 200: FalseAlarmBody },
    },
    handler: async (request) => {
      const { id } = request.params;
      const answer = await lessons.mark(id, identityOf(request).by);
      // The ledger's own events say who and what; this one from where.
      await audit.note(request, {
        type: "org.cunshao.lesson.ordered",
        subject: id,
        data: answer.lesson === undefined ? {} : { lesson: answer.lesson },
      });
      return answer;
    },
  });

  app.route({
    method: "DELETE",
    url: "/alarms/:id/false-alarm",
    config: { needs: "handle" },
    schema: {
      summary: "It was none: what was learnt from it is forgotten",
      params: Id,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await lessons.withdraw(id, identityOf(request).by);
      await audit.note(request, { type: "org.cunshao.lesson.undone", subject: id });
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "GET",
    url: "/lessons",
    config: { needs: "look" },
    schema: {
      summary: "What was learnt from false alarms, and how often it ignored something; oldest first",
      response: { 200: z.array(LessonBody).readonly() },
    },
    handler: async () => lessons.list(),
  });

  app.route({
    method: "DELETE",
    url: "/lessons/:id",
    config: { needs: "handle" },
    schema: {
      summary: "Ignore nothing of it from now on",
      params: Id,
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await lessons.undo(id, identityOf(request).by);
      await audit.note(request, { type: "org.cunshao.lesson.undone", subject: id });
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "GET",
    url: "/lessons/:id/picture.jpg",
    config: { needs: "look" },
    schema: { summary: "The last picture of what it ignored, one an hour at most", params: Id },
    handler: async (request, reply) => {
      const picture = await lessons.picture(request.params.id);
      return reply.header("cache-control", "no-store").type("image/jpeg").send(picture);
    },
  });
};
