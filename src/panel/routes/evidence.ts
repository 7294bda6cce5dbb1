import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";
import { errorCode } from "../../core/errors.ts";
import type { Routes } from "../context.ts";
import { answerFile, recordFetch } from "../file-answer.ts";
import { createOnce } from "../once.ts";
import { refusal } from "../problems.ts";
import { demandPermission } from "../route-needs.ts";

const Id = z.object({ id: z.string().regex(/^[0-9a-f]{64}$/) });

/** `GET /evidence/<id>`: one file, whole or a range; it never changes, because its id is its SHA-256. */
export const evidenceRoutes: Routes = (app, { evidence, audit, clock }) => {
  const once = createOnce(clock);
  app.route({
    method: "GET",
    url: "/evidence/:id",
    config: { needs: "look" },
    schema: { summary: "A snapshot or clip; ranges; the ETag is its SHA-256", params: Id },
    handler: async (request, reply) => {
      const { id } = request.params;
      const found = await evidence.find(id);
      if (!found) throw refusal("evidence.unknown", "There is no such evidence");
      if (found.mediaType.startsWith("video/")) {
        // A clip is a recording: who may see the present picture may not for that reason see what was.
        demandPermission(request, "replay");
        // Noted and not demanded: the clip of an alarm is seen also when the disk takes nothing.
        await recordFetch(once, request, id, () =>
          audit.note(request, { type: "org.cunshao.evidence.viewed", subject: id }),
        );
      }
      // On a shared computer the browser's cache asks whether whoever is logged in now may see a clip.
      const isClip = found.mediaType.startsWith("video/");
      reply.header("cache-control", isClip ? "private, no-cache" : "private, max-age=31536000, immutable");
      return answerFile(request, reply, {
        ...found,
        etag: id,
        read: async (start, end) => (await openFile(found.path)).createReadStream({ start, end }),
      });
    },
  });
};

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") throw refusal("evidence.missing", "The file is gone");
    throw error;
  }
}
