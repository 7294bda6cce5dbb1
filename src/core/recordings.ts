// Recordings as the rooms pass them around: `video/` writes and reads the files, `buffer/` keeps the index.

/**
 * A file of recorded video: fragmented MP4, an init segment and then fragments from a key frame on, with one frame or
 * more each. Whatever length it has, what is there plays.
 */
export interface Segment {
  readonly id: number;
  readonly camera: string;
  /** Milliseconds since the Unix epoch of its first frame, by the box's clock at that time. */
  readonly startMs: number;
  /** Of the end of its last frame on disk; grows while `isOpen`. */
  readonly endMs: number;
  /** Whether the box's clock was known to be right when it began. */
  readonly clock: "synced" | "unsynced";
  readonly sizeBytes: number;
  readonly path: string;
  /** For Media Source Extensions, e.g. `video/mp4; codecs="avc1.42c01e"`. */
  readonly mediaType: string;
  /** Still being written. */
  readonly isOpen: boolean;
  /** Evidence, kept whatever its age, until it is unlocked. */
  readonly isLocked: boolean;
}

export type NewSegment = Pick<Segment, "camera" | "startMs" | "clock" | "path" | "mediaType">;

/** The index of recordings. It can be lost: `video/` finds the files again. */
export interface SegmentIndex {
  /** @returns its id. */
  add(segment: NewSegment): Promise<number>;
  /** Notes how far the file has grown; `isOpen: false` closes it. */
  update(id: number, change: Pick<Segment, "endMs" | "sizeBytes" | "isOpen">): Promise<void>;
  remove(ids: readonly number[]): Promise<void>;
  /** Segments of a camera that touch `fromMs` to `toMs` (exclusive), in order of time. */
  between(camera: string, fromMs: number, toMs: number): Promise<Segment[]>;
  /** Every segment, oldest first. */
  all(): Promise<Segment[]>;
  /** Keeps, or no longer keeps, what touches the span. @returns how many segments that concerned. */
  setLocked(camera: string, fromMs: number, toMs: number, isLocked: boolean): Promise<number>;
}

/** A stretch of a camera's time that was recorded without a gap. */
export interface RecordedSpan {
  readonly fromMs: number;
  readonly toMs: number;
}
