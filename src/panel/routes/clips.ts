import { createReadStream } from "node:fs";
import { z } from "zod";
import { SOURCE_KINDS } from "../../core/broadcast.ts";
import type { Clip, ClipShelf } from "../../core/clip-shelf.ts";
import { isoTime } from "../../core/time.ts";
import type { Routes } from "../context.ts";
import { answerFile } from "../file-answer.ts";
import { fileIn, takeFiles } from "../file-bodies.ts";
import { identityOf } from "../identity.ts";

const Id = z.object({ id: z.string().min(1).max(128) });
const Name = z.string().max(200).describe("1 to 60 signs are kept; what stands before a slash goes");

const ClipBody = z.object({
  id: z.string(),
  name: z.string(),
  sha256: z.string().describe("Of the sound as it is played"),
  durationMs: z.number(),
  sizeBytes: z.number(),
  addedAt: z.string(),
  addedBy: z.object({ kind: z.enum(SOURCE_KINDS), name: z.string() }),
  replaces: z.string().optional().describe("It is played in place of these words"),
  tooLongFor: z
    .array(z.object({ speaker: z.string(), name: z.string(), seconds: z.number() }))
    .readonly()
    .describe("Speakers that would cut it off, and how long each plays"),
  removedAt: z.string().optional().describe("Taken off the shelf; thrown away a week later"),
});

const Shelf = z.object({
  clips: z.array(ClipBody).describe("Newest first"),
  removed: z.array(ClipBody).describe("May still be put back"),
  usedBytes: z.number(),
  limits: z.object({
    maxSeconds: z.number().describe("No longer than the most patient speaker plays"),
    maxUploadBytes: z.number(),
    maxBytes: z.number(),
  }),
});

/** `/clips`: recordings for the horns are brought in, listened to, named, taken off the shelf and put back. */
export const clipRoutes: Routes = (app, { clips }) => {
  app.route({
    method: "GET",
    url: "/clips",
    config: { needs: "look" },
    schema: { summary: "The recordings for the horns", response: { 200: Shelf } },
    handler: async () => {
      const { maxSeconds, maxUploadBytes, maxBytes } = clips.limits;
      return {
        clips: clips.list().map((clip) => body(clip, clips)),
        removed: clips.removed().map((clip) => body(clip, clips)),
        usedBytes: clips.usedBytes(),
        limits: { maxSeconds, maxUploadBytes, maxBytes },
      };
    },
  });

  takeFiles(app, (uploads) => {
    uploads.route({
      method: "POST",
      url: "/clips",
      config: { needs: "clips" },
      schema: {
        summary: "Bring a recording in: the body is the file, WAV, MP3, M4A, OGG, FLAC or a film with sound",
        querystring: z.object({ name: Name }),
        response: { 201: ClipBody },
      },
      handler: async (request, reply) => {
        const clip = await clips.add(fileIn(request), request.query.name, identityOf(request).by);
        return reply.code(201).send(body(clip, clips));
      },
    });
  });

  app.route({
    method: "GET",
    url: "/clips/:id/audio",
    config: { needs: "look" },
    schema: { summary: "The sound as it is played, a WAV file; ranges", params: Id },
    handler: async (request, reply) => {
      const clip = clips.find(request.params.id);
      reply.header("cache-control", "private, no-cache");
      return answerFile(request, reply, {
        etag: clip.sha256,
        mediaType: "audio/wav",
        sizeBytes: clip.sizeBytes,
        read: (start, end) => createReadStream(clips.soundOf(clip).path, { start, end }),
      });
    },
  });

  app.route({
    method: "PATCH",
    url: "/clips/:id",
    config: { needs: "clips" },
    schema: {
      summary: "Name a recording, or have it played in place of words",
      params: Id,
      body: z.object({
        name: Name.optional(),
        replaces: z.string().max(200).optional().describe("Words of a warning; empty: none any more"),
      }),
      response: { 200: ClipBody },
    },
    handler: async (request) =>
      body(await clips.change(request.params.id, request.body, identityOf(request).by), clips),
  });

  app.route({
    method: "DELETE",
    url: "/clips/:id",
    config: { needs: "clips" },
    schema: { summary: "Take a recording off the shelf", params: Id, response: { 204: z.null() } },
    handler: async (request, reply) => {
      await clips.remove(request.params.id, identityOf(request).by);
      return reply.code(204).send(null);
    },
  });

  app.route({
    method: "POST",
    url: "/clips/:id/restore",
    config: { needs: "clips" },
    schema: { summary: "Put a recording back on the shelf", params: Id, response: { 200: ClipBody } },
    handler: async (request) => body(await clips.restore(request.params.id, identityOf(request).by), clips),
  });
};

function body(given: Clip, clips: Pick<ClipShelf, "tooLongFor">): z.input<typeof ClipBody> {
  const { addedMs, removedMs, ...clip } = given;
  return {
    ...clip,
    tooLongFor: clips
      .tooLongFor(given)
      .map(({ speaker, name, longestMs }) => ({ speaker, name, seconds: Math.floor(longestMs / 1000) })),
    addedAt: isoTime(addedMs),
    ...(removedMs !== undefined && { removedAt: isoTime(removedMs) }),
  };
}
