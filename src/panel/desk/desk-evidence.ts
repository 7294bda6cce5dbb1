import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { errorCode } from "../../core/errors.ts";
import { answerFile, openEvidence, recordFetch } from "../file-answer.ts";
import { createOnce } from "../once.ts";
import { refusal } from "../problems.ts";
import { demandPermission } from "../route-needs.ts";
import { Reason } from "../routes/recordings.ts";
import type { DeskContext, DeskRoutes } from "./desk-context.ts";
import { askVillage, handOn } from "./proxy.ts";

const Which = z.object({ box: z.string().min(1).max(63), id: z.string().regex(/^[0-9a-f]{64}$/) });
/** JPEG, Annex B.1.1.3: start of image, and the first byte of the marker after it. */
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);
/** ISO/IEC 14496-12, 4.3: the type of the first box, after its length. */
const MP4 = Buffer.from("ftyp");
const MP4_AT = 4;
const HEAD_BYTES = MP4_AT + MP4.length;
/** The village cannot be asked. */
const AWAY: ReadonlySet<string> = new Set(["desk.box_away", "desk.box_timeout", "desk.box_refused"]);
/** It has let the file go, or its disk has lost it; whatever else it answers is its word. */
const GONE: ReadonlySet<number | undefined> = new Set([404, 410]);
/** All of it, a part, or what the browser has already. */
const SHOWN: ReadonlySet<number | undefined> = new Set([200, 206, 304]);

interface OwnFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** By what stands in it: a box's word is not taken for it. */
  readonly mediaType: "image/jpeg" | "video/mp4";
}

/**
 * `GET /boxes/<box>/evidence/<id>`: a picture out of the desk's own copy, so that it is seen while its village is away, and costs no
 * village's line twice. Clips are asked for in the village, which demands a reason and keeps it; where it is away or has none any more they
 * come out of the copy, too, and the desk demands it. Who watched a clip, and why, stands in the desk's audit in any case.
 */
export const evidenceRoutes: DeskRoutes = (app, context) => {
  const once = createOnce(context.clock);
  app.route({
    method: "GET",
    url: "/boxes/:box/evidence/:id",
    config: { needs: "look" },
    schema: {
      summary:
        "A file of one village: pictures from here once they are here, clips where the village cannot show them",
      params: Which,
      querystring: z.object({ reason: Reason.optional() }),
    },
    handler: async (request, reply) => {
      const { box, id } = request.params;
      const own = await ownFile(context, box, id);
      if (own?.mediaType === "image/jpeg") {
        reply.header("cache-control", "private, max-age=31536000, immutable");
        return answer(request, reply, id, own);
      }
      const { reason } = request.query;
      const entry = { type: "org.cunshao.evidence.viewed", subject: id, data: { box }, reason };
      const noteViewed = () =>
        recordFetch(once, request, `${box} ${id} ${reason}`, () => context.audit.note(request, entry));
      const show = async (theirs: IncomingMessage) => {
        // Of what is not here yet, the reason says that it is a clip.
        if (SHOWN.has(theirs.statusCode) && (own || reason !== undefined)) await noteViewed();
        return handOn(reply, theirs);
      };
      const asked = askVillage(context, request, reply, { box });
      if (!own) return show(await asked);
      const theirs = await asked.catch(nothingWhereAway);
      if (theirs && !GONE.has(theirs.statusCode)) return show(theirs);
      theirs?.destroy();
      demandPermission(request, "replay");
      if (reason === undefined) {
        throw refusal("reason.required", "Say why you want to see this clip: ?reason=…");
      }
      await noteViewed();
      // On a shared computer the browser's cache asks whether whoever is logged in now may see a clip.
      reply.header("cache-control", "private, no-cache");
      return answer(request, reply, id, own);
    },
  });
};

function nothingWhereAway(error: unknown): undefined {
  if (!AWAY.has(errorCode(error))) throw error;
}

function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  etag: string,
  { path, sizeBytes, mediaType }: OwnFile,
): Promise<FastifyReply> {
  return answerFile(request, reply, {
    ...{ etag, mediaType, sizeBytes },
    read: async (start, end) => (await openEvidence(path)).createReadStream({ start, end }),
  });
}

async function ownFile({ township }: DeskContext, box: string, id: string): Promise<OwnFile | undefined> {
  const file = await township.file(box, id);
  if (!file) return undefined;
  const handle = await openEvidence(file.path);
  try {
    const { buffer } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    if (buffer.subarray(0, JPEG.length).equals(JPEG)) return { ...file, mediaType: "image/jpeg" };
    return buffer.subarray(MP4_AT).equals(MP4) ? { ...file, mediaType: "video/mp4" } : undefined;
  } finally {
    await handle.close();
  }
}
