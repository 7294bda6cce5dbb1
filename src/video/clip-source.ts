import { errorCode, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { RecordedSpan, Segment } from "../core/recordings.ts";
import { rebase, type Tracks } from "./clip-boxes.ts";
import { type FilmFile, openFilm } from "./clip-file.ts";
import type { InitSegment } from "./fragmented-mp4.ts";

/** A pause longer than this is a gap: a camera with one picture a second has none. */
export const GAP_MS = 1500;
/** Times that jump back by more than this begin anew. */
const JUMP_BACK_SECONDS = 0.5;

/** What a segment needs to be read. */
export type Footage = Pick<Segment, "path" | "startMs" | "clock">;

/** One fragment with its place in time. */
export interface Piece {
  readonly init: InitSegment;
  readonly tracks: Tracks;
  readonly bytes: Buffer;
  readonly moofBytes: number;
  /** Decode time in its own session. */
  readonly startSeconds: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly clock: "synced" | "unsynced";
  /** Nothing, or more than `GAP_MS`, lies before it. */
  readonly afterGap: boolean;
  /** Another init segment than that of the piece before it. */
  readonly newInit: boolean;
}

/**
 * Recorded fragments in order of time, from the key frame at or before `fromMs` up to `toMs`, one in memory at a time.
 * A file that cannot be read leaves a gap, and a line in the log.
 */
export async function* readPieces(
  segments: readonly Footage[],
  fromMs: number,
  toMs: number,
  log: Logger,
): AsyncGenerator<Piece> {
  let before: Piece | undefined;
  for (const segment of segments) {
    let film: FilmFile | undefined;
    try {
      film = await openFilm(segment.path);
      for await (const piece of piecesOf(film, segment, fromMs, before)) {
        if (piece.fromMs >= toMs) return;
        before = piece;
        yield piece;
      }
    } catch (error) {
      log.warn({ code: errorCode(error), path: segment.path }, "a recording cannot be read");
    } finally {
      await film?.close();
    }
  }
}

async function* piecesOf(
  film: FilmFile,
  segment: Footage,
  fromMs: number,
  last: Piece | undefined,
): AsyncGenerator<Piece> {
  const start = await placeOf(film, segment, fromMs);
  if (!start) return;
  let zeroSeconds = start.zeroSeconds;
  let endSeconds = Number.NEGATIVE_INFINITY;
  let before = last;
  for await (const fragment of film.fragments(start.offset)) {
    if (fragment.startSeconds < endSeconds - JUMP_BACK_SECONDS) {
      zeroSeconds -= endSeconds - fragment.startSeconds;
    }
    endSeconds = fragment.endSeconds;
    const wallMs = (seconds: number): number => segment.startMs + (seconds - zeroSeconds) * 1000;
    const beginsMs = wallMs(fragment.startSeconds);
    const newInit = !before?.init.bytes.equals(film.init.bytes);
    const afterGap = before === undefined || beginsMs - before.toMs > GAP_MS;
    // What follows a gap or another session can be decoded from a key frame on only.
    if ((afterGap || newInit) && !fragment.keyFrame) continue;
    const piece: Piece = {
      init: film.init,
      tracks: film.tracks,
      bytes: await film.read(fragment),
      moofBytes: fragment.moofBytes,
      startSeconds: fragment.startSeconds,
      fromMs: beginsMs,
      toMs: wallMs(fragment.endSeconds),
      clock: segment.clock,
      afterGap,
      newInit,
    };
    before = piece;
    yield piece;
  }
}

/** Where the last key frame at or before `fromMs` stands, or the first of all. */
async function placeOf(
  film: FilmFile,
  { startMs }: Footage,
  fromMs: number,
): Promise<{ offset: number; zeroSeconds: number } | undefined> {
  let zeroSeconds: number | undefined;
  let offset: number | undefined;
  for await (const fragment of film.fragments()) {
    zeroSeconds ??= fragment.startSeconds;
    const isLater = startMs + (fragment.startSeconds - zeroSeconds) * 1000 > fromMs;
    if (offset !== undefined && isLater) break;
    if (fragment.keyFrame) offset = fragment.offset;
  }
  return offset === undefined || zeroSeconds === undefined ? undefined : { offset, zeroSeconds };
}

/** Puts pieces one after the other on a time that begins at 0: as they were within a span, and without the gaps. */
export class Timeline {
  readonly spans: { readonly fromMs: number; toMs: number }[] = [];
  #span: { readonly wallMs: number; readonly atSeconds: number } | undefined;
  #lastSeconds = -1;
  #endSeconds = 0;
  #count = 0;

  /** Rewrites the times of the piece in place. */
  place(piece: Piece): Buffer {
    if (!this.#span || piece.afterGap) {
      this.#span = { wallMs: piece.fromMs, atSeconds: this.#endSeconds };
      this.spans.push({ fromMs: piece.fromMs, toMs: piece.toMs });
    }
    const wantedSeconds = this.#span.atSeconds + (piece.fromMs - this.#span.wallMs) / 1000;
    // Two segments may overlap by some milliseconds; decode times must rise.
    const atSeconds = Math.max(wantedSeconds, this.#lastSeconds + 0.001);
    this.#lastSeconds = atSeconds;
    this.#endSeconds = Math.max(this.#endSeconds, atSeconds + (piece.toMs - piece.fromMs) / 1000);
    const span = this.spans.at(-1);
    if (span) span.toMs = Math.max(span.toMs, piece.toMs);
    this.#count += 1;
    const moof = piece.bytes.subarray(0, piece.moofBytes);
    rebase(moof, piece.tracks, atSeconds - piece.startSeconds, this.#count);
    return piece.bytes;
  }
}

/** What segments hold between two times, as spans with gaps between them of more than `gapMs`. */
export function spansOf(
  segments: readonly Pick<Segment, "startMs" | "endMs">[],
  fromMs: number,
  toMs: number,
  gapMs = GAP_MS,
): RecordedSpan[] {
  const spans: { fromMs: number; toMs: number }[] = [];
  for (const segment of segments) {
    const from = Math.max(fromMs, segment.startMs);
    const to = Math.min(toMs, segment.endMs);
    if (to <= from) continue;
    const last = spans.at(-1);
    if (last && from - last.toMs <= gapMs) last.toMs = Math.max(last.toMs, to);
    else spans.push({ fromMs: from, toMs: to });
  }
  return spans;
}

export function nothingRecorded(camera: string): GatewayError {
  return new GatewayError(`nothing of camera ${camera} is recorded in this time`, {
    code: "recordings.none",
    kind: "permanent",
  });
}
