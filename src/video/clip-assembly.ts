import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { GatewayError, isAbort } from "../core/errors.ts";
import type { Remuxer } from "../core/footage.ts";
import type { Piece } from "./clip-source.ts";
import { Timeline } from "./clip-source.ts";

export interface Assembly {
  readonly remuxer: Remuxer;
  /** For the log. */
  readonly title: string;
  readonly path: string;
  readonly indexFirst: boolean;
  readonly signal: AbortSignal;
}

/**
 * Makes one plain MP4 of pieces that share an init segment; a few are in memory at a time.
 * @returns what the file holds.
 * @throws GatewayError `clip.failed`, `ffmpeg.missing`, `evidence.full` (transient), or an AbortError.
 */
export async function assemble(
  pieces: AsyncIterable<Piece>,
  { remuxer, title, path, indexFirst, signal }: Assembly,
): Promise<Timeline["spans"]> {
  signal.throwIfAborted();
  const timeline = new Timeline();
  const child = remuxer.remux(title, path, indexFirst);
  try {
    await pipeline(
      Readable.from(chunksOf(pieces, timeline), { objectMode: true, highWaterMark: 4 }),
      child.stdin,
      {
        signal,
      },
    );
  } catch (error) {
    await child.stop();
    if (isAbort(error)) throw error;
    const { reason } = await child.ended;
    throw failed(title, reason, error);
  }
  child.stdout.resume();
  const { code, reason } = await child.ended;
  if (code !== 0) throw failed(title, reason);
  return timeline.spans;
}

/** The init segment, then everything on a time that begins at 0. */
export async function* chunksOf(pieces: AsyncIterable<Piece>, timeline: Timeline): AsyncGenerator<Buffer> {
  let begun = false;
  for await (const piece of pieces) {
    if (!begun) yield piece.init.bytes;
    begun = true;
    yield timeline.place(piece);
  }
}

function failed(title: string, reason: string, cause?: unknown): GatewayError {
  return new GatewayError(`${title} could not be put together`, { code: reason, kind: "transient", cause });
}
