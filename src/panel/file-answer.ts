import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { refusal } from "./problems.ts";

/** A file with a strong name for its content. */
export interface AnsweredFile {
  readonly etag: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Bytes from `start` to `end`, both included. */
  read(start: number, end: number): Readable | AsyncIterable<Uint8Array> | Promise<Readable>;
}

/** Answers with a file, whole or a range. @throws GatewayError `evidence.range` (permanent). */
export async function answerFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: AnsweredFile,
): Promise<FastifyReply> {
  const { sizeBytes } = file;
  const etag = `"${file.etag}"`;
  reply.headers({
    etag,
    "accept-ranges": "bytes",
    "content-security-policy": "default-src 'none'; sandbox",
  });
  const match = request.headers["if-none-match"];
  if (match !== undefined && (match === "*" || match.includes(etag))) return reply.code(304).send();

  const range = wantedRange(request, etag, sizeBytes);
  if (range === "unsatisfiable") {
    reply.header("content-range", `bytes */${sizeBytes}`);
    throw refusal("evidence.range", "The range lies outside the file");
  }
  const [start, end] = range ?? [0, sizeBytes - 1];
  const content = sizeBytes === 0 ? Readable.from([]) : await file.read(start, end);
  reply.header("content-length", Math.max(0, end - start + 1)).type(file.mediaType);
  if (range) reply.code(206).header("content-range", `bytes ${start}-${end}/${sizeBytes}`);
  return reply.send(content instanceof Readable ? content : Readable.from(content, { objectMode: false }));
}

/** Whether this is the first request for a file, not one for a later part of it. */
export function beginsFile(request: FastifyRequest): boolean {
  return request.method === "GET" && !/^bytes=(-|0*[1-9])/.test(request.headers.range ?? "");
}

function wantedRange(
  { headers }: FastifyRequest,
  etag: string,
  sizeBytes: number,
): ReturnType<typeof rangeOf> {
  const ifRange = headers["if-range"];
  return rangeOf(ifRange === undefined || ifRange === etag ? headers.range : undefined, sizeBytes);
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
