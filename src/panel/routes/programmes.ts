import { z } from "zod";
import { SOURCE_KINDS } from "../../core/broadcast.ts";
import type { ProgrammeDraft, ProgrammeView } from "../../core/programme.ts";
import type { Routes } from "../context.ts";
import { identityOf } from "../identity.ts";
import { refusal } from "../problems.ts";
import { SpeakerIds } from "./broadcasts.ts";
import { SeasonBody, Weekdays } from "./weekly.ts";
import { line } from "./writing.ts";

const Id = z.string().min(1).max(128);
const ProgrammeId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/);
const Local = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d$/);

const By = z.object({ kind: z.enum(SOURCE_KINDS), name: z.string() });
const Version = z.number().int().min(0).describe("Of what was read before; 0 while it is as configured");

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
  days: Weekdays,
  minutes: z.array(z.number()).readonly().describe("Since midnight of the village"),
  season: SeasonBody.optional(),
  whenPreempted: z.enum(["resume", "drop"]),
  version: Version,
  written: z
    .object({ by: By, at: z.string() })
    .optional()
    .describe("Who wrote it on the page; absent while it is as configured"),
  isConfigured: z.boolean().describe("What was written can be put back to the configuration"),
  next: z
    .array(z.object({ local: z.string(), at: z.string(), skipped: z.boolean() }))
    .readonly()
    .describe("Within eight days; none while the clock is not known to be right"),
  paused: z
    .object({
      by: By,
      reason: z.string(),
      since: z.string(),
    })
    .optional(),
});

const Reason = line(200);

const MINUTES = 1440;
const Draft = z.strictObject({
  name: line(60),
  text: z.string().trim().optional().describe("Words to say; at most 1000 characters"),
  clip: Id.optional().describe("Id of a recording of `/clips`, instead of `text`"),
  speakers: SpeakerIds.describe("Ids of speakers"),
  days: Weekdays,
  minutes: z
    .array(
      z
        .number()
        .int()
        .min(0)
        .max(MINUTES - 1),
    )
    .min(1)
    .max(24)
    .readonly()
    .describe("Since midnight of the village"),
  season: SeasonBody.optional(),
  repeat: z.number().int().min(1).max(10).default(1),
  volume: z.number().min(0).max(100).default(60),
  whenPreempted: z.enum(["resume", "drop"]).default("resume"),
});

function draftOf({ text, clip, ...rest }: z.output<typeof Draft>): ProgrammeDraft {
  if ((text === undefined) === (clip === undefined)) {
    throw refusal("request.invalid", "Either a text or a recording");
  }
  return {
    ...rest,
    content: clip === undefined ? { kind: "text", text: text ?? "" } : { kind: "clip", clip },
  };
}

/** `/programmes`: the calendar of the horns; people write it, leave one time out, or pause a programme. */
export const programmeRoutes: Routes = (app, { programmes, clips, random }) => {
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
    method: "GET",
    url: "/programmes/taken-out",
    config: { needs: "look" },
    schema: {
      summary: "Programmes of the configuration that somebody took out",
      response: {
        200: z.array(z.object({ id: z.string(), name: z.string(), by: By, at: z.string() })).readonly(),
      },
    },
    handler: async () => programmes.takenOut(),
  });

  app.route({
    method: "POST",
    url: "/programmes",
    config: { needs: "speak" },
    schema: {
      summary: "Write a new programme",
      body: Draft.extend({ id: ProgrammeId.optional().describe("Of one that was taken out") }).strict(),
      response: { 201: Programme },
    },
    handler: async (request, reply) => {
      const { id = `page-${Buffer.from(random(6)).toString("hex")}`, ...draft } = request.body;
      const written = await programmes.write(id, draftOf(draft), 0, identityOf(request).by);
      return reply.code(201).send(named(written));
    },
  });

  app.route({
    method: "PUT",
    url: "/programmes/:id",
    config: { needs: "speak" },
    schema: {
      summary: "Write a programme anew; holds at once, instead of what the configuration says",
      params: z.object({ id: ProgrammeId }),
      body: Draft.extend({ version: Version }).strict(),
      response: { 200: Programme },
    },
    handler: async (request) => {
      const { id } = request.params;
      const { version, ...draft } = request.body;
      if (!programmes.list().some((one) => one.id === id)) {
        throw refusal("programme.unknown", `There is no programme ${id}`);
      }
      return named(await programmes.write(id, draftOf(draft), version, identityOf(request).by));
    },
  });

  app.route({
    method: "DELETE",
    url: "/programmes/:id",
    config: { needs: "speak" },
    schema: {
      summary: "Take a programme out",
      params: z.object({ id: Id }),
      querystring: z.object({ version: z.coerce.number().int().min(0) }),
      response: { 204: z.null() },
    },
    handler: async (request, reply) => {
      await programmes.takeOut(request.params.id, request.query.version, identityOf(request).by);
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/programmes/:id/restore",
    config: { needs: "speak" },
    schema: {
      summary: "Put back what the configuration says of a programme",
      params: z.object({ id: Id }),
      response: { 200: Programme },
    },
    handler: async (request) => named(await programmes.restore(request.params.id, identityOf(request).by)),
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
