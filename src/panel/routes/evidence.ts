import { z } from "zod";
import type { Routes } from "../context.ts";
import { answerFile, openEvidence, recordFetch } from "../file-answer.ts";
import { createOnce } from "../once.ts";
import { refusal } from "../problems.ts";
import { demandPermission } from "../route-needs.ts";
import { identityOf } from "../sessions.ts";
import { Reason } from "./recordings.ts";

const Id = z.object({ id: z.string().regex(/^[0-9a-f]{64}$/) });

/** `GET /evidence/<id>`: one file, whole or a range; it never changes, because its id is its SHA-256. */
export const evidenceRoutes: Routes = (app, { evidence, audit, clock }) => {
  const once = createOnce(clock);
  app.route({
    method: "GET",
    url: "/evidence/:id",
    config: { needs: "look", isPull: true },
    schema: {
      summary: "A snapshot or clip; ranges; the ETag is its SHA-256. A person says why a clip is seen.",
      params: Id,
      querystring: z.object({ reason: Reason.optional() }),
    },
    handler: async (request, reply) => {
      const { reason } = request.query;
      const { id } = request.params;
      const found = await evidence.find(id);
      if (!found) throw refusal("evidence.unknown", "There is no such evidence");
      if (found.mediaType.startsWith("video/")) {
        // A clip is a recording: who may see the present picture may not for that reason see what was.
        demandPermission(request, "replay");
        // Machines fetch what the ledger lists for whoever answers for them there.
        const { by, person } = identityOf(request);
        if (reason === undefined && (by.kind === "person" || person !== undefined)) {
          throw refusal("reason.required", "Say why you want to see this clip: ?reason=…");
        }
        // Noted and not demanded: the clip of an alarm is seen also when the disk takes nothing.
        await recordFetch(once, request, `${id} ${reason}`, () =>
          audit.note(request, { type: "org.cunshao.evidence.viewed", subject: id, reason }),
        );
      }
      // On a shared computer the browser's cache asks whether whoever is logged in now may see a clip.
      const isClip = found.mediaType.startsWith("video/");
      reply.header("cache-control", isClip ? "private, no-cache" : "private, max-age=31536000, immutable");
      return answerFile(request, reply, {
        ...found,
        etag: id,
        read: async (start, end) => (await openEvidence(found.path)).createReadStream({ start, end }),
      });
    },
  });
};
