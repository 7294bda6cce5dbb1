import type { Point, Polyline } from "./geometry.ts";
import type { CrossingObservation } from "./observation.ts";
import type { Moment } from "./time.ts";

// Movement as the rooms pass it around: `vision/` finds it, `buffer/` keeps it, `panel/` asks for it.

/** Something that moves, followed from look to look. */
export interface Mover {
  /** The same number is the same mover, for as long as the vision worker lives. */
  readonly track: number;
  /** Where it touches the ground. */
  readonly feet: Point;
}

/** What one look found moving. Sent only when something does. */
export interface MovementLook {
  readonly camera: string;
  readonly at: Moment;
  /** See `movement-cells.ts`. */
  readonly cells: Uint8Array;
  /** Zones in which it is. */
  readonly zones: readonly string[];
  readonly movers: readonly Mover[];
}

/** No span is longer, which bounds how far before a stretch of time its first span can begin. */
export const LONGEST_SPAN_MS = 60_000;

/** Movement before one camera for some seconds: what finding is done with. */
export interface MovementSpan {
  readonly camera: string;
  /** Milliseconds since the Unix epoch, by the box's clock at that time. */
  readonly fromMs: number;
  /** At most `LONGEST_SPAN_MS` later; the same for what was seen once. */
  readonly toMs: number;
  /** Whether the box's clock was known to be right. */
  readonly clock: "synced" | "unsynced";
  /** Zones in which it was. */
  readonly zones: readonly string[];
  /** Where something moved: see `movement-cells.ts`. */
  readonly cells: Uint8Array;
  /** Where the one that went furthest began and ended, to the nearest cell; absent when nothing went anywhere. */
  readonly path?: { readonly from: Point; readonly to: Point } | undefined;
}

export interface MovementQuery {
  readonly camera: string;
  /** Spans that touch `fromMs` to `toMs` (exclusive). */
  readonly fromMs: number;
  readonly toMs: number;
  readonly zone?: string | undefined;
  /** Spans with movement in one of these cells. */
  readonly cells?: Uint8Array | undefined;
  /** Spans with movement on both sides of the same place of this line. */
  readonly line?: Polyline | undefined;
  readonly order: "oldest" | "newest";
  /** 1 to 1000. */
  readonly limit: number;
  /** `next` of the answer before. */
  readonly after?: string | undefined;
}

export interface FoundSpan extends MovementSpan {
  /** The side of the asked line on which the one that went furthest ended; absent when it is not known. */
  readonly towards?: "left" | "right" | undefined;
}

/** How much moved in a part of a stretch of time: what a bar can draw of it. */
export interface MovementDensity {
  /** Of the first span in it and the last: at most the part, and what of a span reaches over its end. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Above 0 to 1: the part of that time in which something moved. */
  readonly share: number;
}

export interface MovementFound {
  readonly spans: readonly FoundSpan[];
  /** Where the next page begins; absent when there is no more. */
  readonly next?: string | undefined;
}

/**
 * The timeline of movement. What happened in the last half minute may not be in it yet, and a power cut can lose as
 * much.
 */
export interface MovementIndex {
  /** @throws GatewayError `movement.bad_cursor` (permanent). */
  find(query: MovementQuery): Promise<MovementFound>;
  /** In order of time, at most one for each of `parts` equal parts of `fromMs` to `toMs`; none for a part without movement. */
  density(camera: string, fromMs: number, toMs: number, parts: number): Promise<readonly MovementDensity[]>;
}

export interface MovementStore extends MovementIndex {
  add(span: MovementSpan): void;
}

/** Something went over a line of a camera. */
export type LineCrossing = Omit<CrossingObservation, "kind">;

/** One who went over a line, or, where the road was too busy for an event each, how many. */
export interface RecordedCrossing {
  /** Of the event in the ledger. */
  readonly seq: number;
  readonly camera: string;
  readonly line: string;
  /** ISO time; for a count, the end of the time it covers. */
  readonly at: string;
  readonly clock: "synced" | "unsynced";
  readonly in: number;
  readonly out: number;
  /** Evidence id of the picture. */
  readonly snapshot?: string | undefined;
}

/** Who went over the lines, as the ledger has it. */
export interface CrossingBook {
  /** Newest first, of `fromMs` to `toMs` (exclusive); `limit` 1 to 1000. */
  between(fromMs: number, toMs: number, limit: number, line?: string): Promise<RecordedCrossing[]>;
  /** How many went over each line. */
  counts(fromMs: number, toMs: number): Promise<{ line: string; in: number; out: number }[]>;
}
