import { type FileHandle, open } from "node:fs/promises";
import { z } from "zod";
import { errorCode } from "../../core/errors.ts";
import type { Routes } from "../context.ts";
import { refusal } from "../problems.ts";
import { demandPermission } from "../route-needs.ts";

const Id = z.object({ id: z.string().regex(/^[0-9a-f]{64}$/) });

/** `GET /evidence/<id>`: one file, whole or a range; it never changes, because its id is its SHA-256. */
export const evidenceRoutes: Routes = (app, { evidence }) => {
  app.route({
    method: "GET",
    url: "/evidence/:id",
    config: { needs: "look" },
    schema: { summary: "A snapshot or clip; ranges; the ETag is its SHA-256", params: Id },
    handler: async (request, reply) => {
      const { id } = request.params;
      const found = await evidence.find(id);
      if (!found) throw refusal("evidence.unknown", "There is no such evidence");
      // A clip is a recording: who may see the present picture may not for that reason see what was.
      if (found.mediaType.startsWith("video/")) demandPermission(request, "replay");

      const etag = `"${id}"`;
      reply.headers({
        etag,
        "cache-control": "private, max-age=31536000, immutable",
        "accept-ranges": "bytes",
        "content-security-policy": "default-src 'none'; sandbox",
      });
      const match = request.headers["if-none-match"];
      if (match !== undefined && (match === "*" || match.includes(etag))) return reply.code(304).send();

      const ifRange = request.headers["if-range"];
      const wanted = ifRange === undefined || ifRange === etag ? request.headers.range : undefined;
      const range = rangeOf(wanted, found.sizeBytes);
      if (range === "unsatisfiable") {
        reply.header("content-range", `bytes */${found.sizeBytes}`);
        throw refusal("evidence.range", "The range lies outside the file");
      }

      const file = await openFile(found.path);
      const [start, end] = range ?? [0, found.sizeBytes - 1];
      reply.header("content-length", Math.max(0, end - start + 1)).type(found.mediaType);
      if (range) reply.code(206).header("content-range", `bytes ${start}-${end}/${found.sizeBytes}`);
      return reply.send(file.createReadStream(found.sizeBytes === 0 ? {} : { start, end }));
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

/** One range of RFC 9110; several at once are answered with the whole file, as the RFC allows. */
function rangeOf(header: string | undefined, size: number): [number, number] | "unsatisfiable" | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/.exec(header ?? "") ?? [];
  if (from === undefined || to === undefined || (from === "" && to === "")) return undefined;
  if (from === "") {
    const length = Math.min(size, Number(to));
    return length === 0 ? "unsatisfiable" : [size - length, size - 1];
  }
  const start = Number(from);
  const end = to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== "" && Number(to) < start) return undefined;
  return start >= size ? "unsatisfiable" : [start, end];
}
