import { GatewayError } from "../core/errors.ts";
import type { Replay } from "../core/footage.ts";
import type { Logger } from "../core/log.ts";
import type { Segment, SegmentIndex } from "../core/recordings.ts";
import type { Clock } from "../core/time.ts";
import { chunksOf } from "./clip-assembly.ts";
import { nothingRecorded, type Piece, readPieces, spansOf, Timeline } from "./clip-source.ts";

const HOUR_MS = 3_600_000;
/** A week in one answer. */
const LONGEST_LIST_MS = 7 * 24 * HOUR_MS;
/** As long as anything is kept by default, and a day. */
const LONGEST_OUTLINE_MS = 31 * 24 * HOUR_MS;
/** One player's request; the page asks for the next hours when it gets there. */
const LONGEST_PLAY_MS = 2 * HOUR_MS;

export interface PlaybackDeskDependencies {
  readonly segments: Pick<SegmentIndex, "between" | "setLocked">;
  readonly cameras: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
}

/** Lists, plays and locks what is recorded. */
export function createPlaybackDesk({ segments, cameras, clock, log }: PlaybackDeskDependencies): Replay {
  /** Segments in a span that makes sense; an index is never asked for a million years. */
  async function segmentsIn(
    camera: string,
    fromMs: number,
    toMs: number,
    longestMs: number,
  ): Promise<Segment[]> {
    if (!cameras.includes(camera)) throw refused("camera.unknown", `there is no camera ${camera}`);
    if (!(toMs > fromMs)) throw refused("recordings.bad_range", "the end is not after the beginning");
    if (toMs - fromMs > longestMs) {
      throw refused("recordings.too_long", `at most ${longestMs / HOUR_MS} hours at a time`);
    }
    const found = await segments.between(camera, fromMs, toMs);
    // A clock that was set back left recordings that seem to lie ahead: those can be had.
    if (found.length === 0 && fromMs > clock.now().wallMs) {
      throw refused("recordings.future", "this time has not come yet");
    }
    return found;
  }

  async function recordedIn(...span: Parameters<typeof segmentsIn>): Promise<Segment[]> {
    const found = await segmentsIn(...span);
    if (found.length === 0) throw nothingRecorded(span[0]);
    return found;
  }

  return {
    async spans(camera, fromMs, toMs) {
      return spansOf(await segmentsIn(camera, fromMs, toMs, LONGEST_LIST_MS), fromMs, toMs);
    },
    async outline(camera, fromMs, toMs, gapMs) {
      return spansOf(await segmentsIn(camera, fromMs, toMs, LONGEST_OUTLINE_MS), fromMs, toMs, gapMs);
    },
    async check(camera, fromMs, toMs, longestMs) {
      await recordedIn(camera, fromMs, toMs, longestMs);
    },
    async play(camera, fromMs, toMs) {
      const found = await recordedIn(camera, fromMs, toMs, LONGEST_PLAY_MS);
      const pieces = readPieces(found, fromMs, toMs, log);
      const { value: first } = await pieces.next();
      if (!first) throw nothingRecorded(camera);
      const span = spansOf(found, first.fromMs, toMs)[0];
      return {
        fromMs: Math.round(first.fromMs),
        toMs: span ? span.toMs : Math.round(first.toMs),
        mediaType: first.init.mediaType,
        clock: first.clock,
        chunks: chunksOf(stretch(first, pieces), new Timeline()),
        close: async () => void (await pieces.return(undefined)),
      };
    },
    async lock(camera, fromMs, toMs, isLocked) {
      await recordedIn(camera, fromMs, toMs, LONGEST_LIST_MS);
      return segments.setLocked(camera, fromMs, toMs, isLocked);
    },
  };
}

/** Up to the next gap or change of the stream: so long does a player's time agree with the clock's. */
async function* stretch(first: Piece, rest: AsyncGenerator<Piece>): AsyncGenerator<Piece> {
  yield first;
  for await (const piece of rest) {
    if (piece.afterGap || piece.newInit) return;
    yield piece;
  }
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
