import { z } from "zod";
import { answerFile, openEvidence } from "../file-answer.ts";
import type { DeskContext, DeskRoutes } from "./desk-context.ts";
import { pass } from "./proxy.ts";

const Which = z.object({ box: z.string().min(1).max(63), id: z.string().regex(/^[0-9a-f]{64}$/) });
/** JPEG, Annex B.1.1.3: start of image, and the first byte of the marker after it. */
const JPEG = Buffer.from([0xff, 0xd8, 0xff]);

/**
 * `GET /boxes/<box>/evidence/<id>`: a picture out of the desk's own copy, so that it is seen while its village is away, and costs no
 * village's line twice. Clips are asked for in the village, which demands a reason and keeps it.
 */
export const pictureRoutes: DeskRoutes = (app, context) => {
  app.route({
    method: "GET",
    url: "/boxes/:box/evidence/:id",
    config: { needs: "look" },
    schema: { summary: "A file of one village: pictures from here once they are here", params: Which },
    handler: async (request, reply) => {
      const { box, id } = request.params;
      const picture = await pictureOf(context, box, id);
      if (!picture) return pass(context, request, reply, { box });
      reply.header("cache-control", "private, max-age=31536000, immutable");
      return answerFile(request, reply, {
        etag: id,
        mediaType: "image/jpeg",
        sizeBytes: picture.sizeBytes,
        read: async (start, end) => (await openEvidence(picture.path)).createReadStream({ start, end }),
      });
    },
  });
};

async function pictureOf(
  { township }: DeskContext,
  box: string,
  id: string,
): Promise<{ readonly path: string; readonly sizeBytes: number } | undefined> {
  const file = await township.file(box, id);
  if (!file) return undefined;
  const handle = await openEvidence(file.path);
  try {
    const { buffer } = await handle.read(Buffer.alloc(JPEG.length), 0, JPEG.length, 0);
    return buffer.equals(JPEG) ? file : undefined;
  } finally {
    await handle.close();
  }
}
