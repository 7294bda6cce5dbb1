import type { Logger } from "../core/log.ts";
import type { RecordedSpan } from "../core/recordings.ts";
import { chunksOf } from "./clip-assembly.ts";
import { type Footage, type Piece, readPieces, Timeline } from "./clip-source.ts";
import { pictureSizeOf } from "./sample-entry.ts";

/** Recorded video without a gap and of one size. */
export interface RecordedRun {
  /** Of its first frame, which is a key frame; milliseconds since the Unix epoch. */
  readonly fromMs: number;
  readonly clock: "synced" | "unsynced";
  /** In pixels; undefined where the recording does not tell. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** Fragmented MP4 whose time begins at 0. */
  readonly media: AsyncIterable<Uint8Array>;
}

/** What is recorded of a span, from the key frame at or before it on; a run that is not read to its end is passed over. */
export async function* readRuns(
  segments: readonly Footage[],
  { fromMs, toMs }: RecordedSpan,
  log: Logger,
): AsyncGenerator<RecordedRun> {
  const pieces = readPieces(segments, fromMs, toMs, log);
  let next = await pieces.next();

  async function* restOf(first: Piece): AsyncGenerator<Piece> {
    yield first;
    for (;;) {
      next = await pieces.next();
      if (next.done || next.value.afterGap || next.value.newInit) return;
      yield next.value;
    }
  }

  try {
    while (!next.done) {
      const first = next.value;
      const run = restOf(first);
      yield {
        fromMs: first.fromMs,
        clock: first.clock,
        size: pictureSizeOf(first.init.bytes),
        media: chunksOf(run, new Timeline()),
      };
      while (next.value === first || (!next.done && !next.value.afterGap && !next.value.newInit)) {
        next = await pieces.next();
      }
    }
  } finally {
    await pieces.return(undefined);
  }
}
