import { z } from "zod";
import { SOURCE_KINDS } from "../../core/broadcast.ts";
import type { ProgrammeView } from "../../core/programme.ts";
import type { Routes } from "../context.ts";
import { identityOf } from "../identity.ts";

const Id = z.string().min(1).max(128);
const Local = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);

const Programme = z.object({
  id: z.string(),
  name: z.string(),
  text: z.string().optional(),
  clip: z.string().optional(),
  clipName: z
    .string()
    .optional()
    .describe("What people call the recording; absent where it is not on the shelf, and is not played"),
  speakers: z.array(z.string()).readonly(),
  repeat: z.number(),
  volume: z.number(),
  next: z
    .array(z.object({ local: z.string(), at: z.string(), skipped: z.boolean() }))
    .readonly()
    .describe("Within eight days; none while the clock is not known to be right"),
  paused: z
    .object({
      by: z.object({ kind: z.enum(SOURCE_KINDS), name: z.string() }),
      reason: z.string(),
      since: z.string(),
    })
    .optional(),
});

const Reason = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u.test(text), "control characters");

/** `GET /programmes` lists the calendar; a person leaves one time out, or pauses a programme. */
export const programmeRoutes: Routes = (app, { programmes, clips }) => {
  const named = (view: ProgrammeView): z.input<typeof Programme> => {
    const clip = clips.list().find(({ id }) => id === view.clip);
    return clip ? { ...view, clipName: clip.name } : view;
  };
  app.route({
    method: "GET",
    url: "/programmes",
    config: { needs: "look" },
    schema: {
      summary: "What the horns say by the calendar",
      response: { 200: z.array(Programme).readonly() },
    },
    handler: async () => programmes.list().map(named),
  });

  app.route({
    method: "POST",
    url: "/programmes/:id/skips",
    config: { needs: "speak" },
    schema: {
      summary: "Leave one time out; the next unless one is named",
      params: z.object({ id: Id }),
      body: z.strictObject({ local: Local.optional() }),
      response: { 200: Programme },
    },
    handler: async (request) =>
      named(await programmes.skip(request.params.id, request.body.local, identityOf(request).by)),
  });

  app.route({
    method: "DELETE",
    url: "/programmes/:id/skips/:local",
    config: { needs: "speak" },
    schema: {
      summary: "Play that time after all",
      params: z.object({ id: Id, local: Local }),
      response: { 200: Programme },
    },
    handler: async (request) =>
      named(await programmes.unskip(request.params.id, request.params.local, identityOf(request).by)),
  });

  app.route({
    method: "PUT",
    url: "/programmes/:id/pause",
    config: { needs: "speak" },
    schema: {
      summary: "Pause a programme until somebody resumes it",
      params: z.object({ id: Id }),
      body: z.strictObject({ reason: Reason }),
      response: { 200: Programme },
    },
    handler: async (request) =>
      named(await programmes.pause(request.params.id, request.body.reason, identityOf(request).by)),
  });

  app.route({
    method: "DELETE",
    url: "/programmes/:id/pause",
    config: { needs: "speak" },
    schema: { summary: "Resume a programme", params: z.object({ id: Id }), response: { 200: Programme } },
    handler: async (request) => named(await programmes.resume(request.params.id, identityOf(request).by)),
  });
};
