import type { FastifyRequest } from "fastify";
import { z } from "zod";
import type { ExportState } from "../../core/footage.ts";
import { isoTime } from "../../core/time.ts";
import type { Routes } from "../context.ts";
import { answerFile, recordFetch } from "../file-answer.ts";
import { createOnce } from "../once.ts";
import { refusal } from "../problems.ts";
import { identityOf } from "../sessions.ts";
import { ReasonedSpan, spanMs } from "./recordings.ts";

const Order = ReasonedSpan.extend({
  id: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .optional()
    .describe("Makes the request idempotent: the same id is made, and stands in the audit, once"),
});
const Id = z.object({ id: z.string().min(1).max(64) });
const FileOf = Id.extend({
  file: z.string().regex(/^[a-z0-9-]+\.(zip|mp4|json|sig|pem|pub)$|^README\.txt$/),
});

export const ExportBody = z.object({
  id: z.string(),
  camera: z.string(),
  from: z.string(),
  to: z.string(),
  reason: z.string(),
  by: z.object({ name: z.string(), role: z.string() }),
  status: z.enum(["waiting", "running", "done", "failed", "cancelled"]),
  progress: z.number(),
  orderedAt: z.string(),
  keptUntil: z.string().optional(),
  failure: z.string().optional(),
  videos: z
    .array(
      z.object({
        file: z.string(),
        sizeBytes: z.number(),
        sha256: z.string(),
        spans: z.array(z.object({ from: z.string(), to: z.string() })).readonly(),
      }),
    )
    .readonly(),
});

/** Recordings to take along, with papers that a third party can check. */
export const exportRoutes: Routes = (app, { footage, audit, clock }) => {
  const { exports } = footage;
  const once = createOnce(clock);
  const begun = createOnce(clock);

  function find(id: string): ExportState {
    const state = exports.find(id);
    if (!state) throw refusal("export.unknown", "There is no such export");
    return state;
  }

  async function begin(request: FastifyRequest, body: z.infer<typeof Order>): Promise<ExportState> {
    const { id, camera, reason } = body;
    const { by, role } = identityOf(request);
    const order = { id, camera, ...spanMs(body), reason, by: { name: by.name, role } };
    await exports.weigh(order);
    const entry = await audit.record(request, {
      type: "org.cunshao.export.ordered",
      subject: camera,
      data: {
        from: isoTime(order.fromMs),
        to: isoTime(order.toMs),
        certificateSha256: exports.certificateSha256,
      },
      reason,
    });
    return exports.begin(order, { id: entry.id, seq: entry.seq });
  }

  app.route({
    method: "POST",
    url: "/exports",
    config: { needs: "export" },
    schema: {
      summary: "Begins to make one file of recordings, at most six hours; answers at once",
      body: Order,
      response: { 202: ExportBody },
    },
    handler: async (request, reply) => {
      const { body } = request;
      const { id } = body;
      if (id !== undefined && !exports.find(id)) await begun([id], () => begin(request, body));
      const state = id === undefined ? await begin(request, body) : find(id);
      return reply.code(202).header("location", `/api/v1/exports/${state.id}`).send(viewOf(state));
    },
  });

  app.route({
    method: "GET",
    url: "/exports",
    config: { needs: "export" },
    schema: { summary: "Exports of the last day, newest first", response: { 200: z.array(ExportBody) } },
    handler: async () => exports.list().map(viewOf),
  });

  app.route({
    method: "GET",
    url: "/exports/:id",
    config: { needs: "export" },
    schema: { summary: "How far an export is", params: Id, response: { 200: ExportBody } },
    handler: async (request) => viewOf(find(request.params.id)),
  });

  app.route({
    method: "DELETE",
    url: "/exports/:id",
    config: { needs: "export" },
    schema: { summary: "Ends an export, or removes its files", params: Id },
    handler: async (request, reply) => {
      const { id } = request.params;
      find(id);
      await audit.record(request, { type: "org.cunshao.export.cancelled", subject: id });
      await exports.cancel(id);
      return reply.code(204).send();
    },
  });

  app.route({
    method: "GET",
    url: "/exports/:id/:file",
    config: { needs: "export" },
    schema: {
      summary:
        "package.zip, or one of its files: video.mp4, manifest.json, manifest.sig, certificate.pem, box.pub",
      params: FileOf,
    },
    handler: async (request, reply) => {
      const { id, file: name } = request.params;
      const file = await exports.file(id, name);
      await recordFetch(once, request, `${id}/${name}`, () =>
        audit.record(request, { type: "org.cunshao.export.fetched", subject: id, data: { file: name } }),
      );
      const { camera, fromMs } = find(id);
      const day = isoTime(fromMs).slice(0, 16).replaceAll(":", "");
      reply.headers({
        "cache-control": "private, no-store",
        "content-disposition": `attachment; filename="${camera}-${day}Z-${name}"`,
      });
      return answerFile(request, reply, { ...file, etag: `${id}-${name}` });
    },
  });
};

function viewOf({ fromMs, toMs, orderedAtMs, keptUntilMs, videos, ...rest }: ExportState) {
  return {
    ...rest,
    from: isoTime(fromMs),
    to: isoTime(toMs),
    orderedAt: isoTime(orderedAtMs),
    ...(keptUntilMs === undefined ? {} : { keptUntil: isoTime(keptUntilMs) }),
    videos: videos.map(({ spans, ...video }) => ({
      ...video,
      spans: spans.map((span) => ({ from: isoTime(span.fromMs), to: isoTime(span.toMs) })),
    })),
  };
}
