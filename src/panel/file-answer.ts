import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { errorCode } from "../core/errors.ts";
import { identityOf } from "./identity.ts";
import type { Once } from "./once.ts";
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
  // Whatever is sent to a HEAD is read to its end and thrown away.
  const isEmpty = sizeBytes === 0 || request.method === "HEAD";
  const content = isEmpty ? Readable.from([]) : await file.read(start, end);
  reply.header("content-length", Math.max(0, end - start + 1)).type(file.mediaType);
  if (range) reply.code(206).header("content-range", `bytes ${start}-${end}/${sizeBytes}`);
  return reply.send(content instanceof Readable ? content : Readable.from(content, { objectMode: false }));
}

/** @throws GatewayError `evidence.missing` (permanent). */
export async function openEvidence(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    if (errorCode(error) === "ENOENT") throw refusal("evidence.missing", "The file is gone");
    throw error;
  }
}

/**
 * Does `work` once in ten minutes for whoever fetches this file from this address, whatever part of it: any part may be
 * all that somebody wants.
 */
export async function recordFetch(
  once: Once,
  request: FastifyRequest,
  file: string,
  work: () => Promise<unknown>,
): Promise<void> {
  if (request.method !== "GET") return;
  const { by } = identityOf(request);
  await once([by.kind, by.name, request.ip, file], work);
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
