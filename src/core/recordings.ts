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

/** A file that the index did not know. */
export type FoundSegment = NewSegment & Pick<Segment, "endMs" | "sizeBytes" | "isLocked">;

/** The index of recordings. It can be lost: `video/` finds the files again, and which of them are evidence. */
export interface SegmentIndex {
  /** @returns its id. */
  add(segment: NewSegment): Promise<number>;
  /** Notes how far the file has grown, in memory; `isOpen: false` closes it, durably. */
  update(id: number, change: Pick<Segment, "endMs" | "sizeBytes" | "isOpen">): Promise<void>;
  remove(ids: readonly number[]): Promise<void>;
  /** Segments of a camera that touch `fromMs` to `toMs` (exclusive), in order of time. */
  between(camera: string, fromMs: number, toMs: number): Promise<Segment[]>;
  /** Every segment, oldest first. */
  all(): Promise<Segment[]>;
  /**
   * Keeps, or no longer keeps, what touches the span, also what is recorded of it later. What another locked span touches
   * is kept on. @returns how many segments that concerned.
   */
  setLocked(camera: string, fromMs: number, toMs: number, isLocked: boolean): Promise<number>;
}

/** What one camera has on disk. */
export interface CameraUsage {
  readonly camera: string;
  readonly segments: number;
  readonly sizeBytes: number;
  /** Of `sizeBytes`, what is evidence and stays. */
  readonly lockedBytes: number;
  /** When the oldest was recorded, as well as it is known. */
  readonly oldestMs: number;
}

/** How much of one camera was recorded since some time. */
export interface RecordedAmount {
  readonly camera: string;
  readonly sizeBytes: number;
  readonly durationMs: number;
  readonly firstMs: number;
}

/** The index as `video/` keeps it in step with the files and the limits. */
export interface SegmentCatalogue extends SegmentIndex {
  /** Closed segments that are no evidence, the longest kept first; of one camera or all. */
  removable(query: {
    readonly camera?: string | undefined;
    /** Only what was recorded before. */
    readonly beforeMs?: number | undefined;
    readonly limit: number;
  }): Promise<Segment[]>;
  /** Forgets those of `ids` that are still closed and no evidence. @returns them: their files are to go now. */
  release(ids: readonly number[]): Promise<Segment[]>;
  usage(): Promise<CameraUsage[]>;
  /** What was recorded since `fromMs`, closed segments only. */
  recordedSince(fromMs: number): Promise<RecordedAmount[]>;
  /** Segments with an id above `afterId`, in order of id. */
  page(afterId: number, limit: number): Promise<Segment[]>;
  /** Those of `paths` that have a row. */
  known(paths: readonly string[]): Promise<Set<string>>;
  /** Enters whole files that were found on disk. Those that a wrong clock dated age from now on: better kept too long. */
  adopt(found: readonly FoundSegment[]): Promise<void>;
  /** Tells when segments were truly recorded, once the clock is right; `startMs` stays as the box's clock had it. */
  date(recorded: readonly { readonly id: number; readonly recordedMs: number }[]): Promise<void>;
}

/**
 * What recording a camera does. `waiting`: for an event; `idle`: its schedule says no; `blind`: there is nothing to
 * record; `paused`: the disk takes nothing.
 */
export type RecordingState = "off" | "idle" | "waiting" | "recording" | "blind" | "paused";

export interface CameraRecording {
  readonly state: RecordingState;
  /** Stable code when `paused`: `recording.disk_full`, `recording.disk_failed`, `recording.disk_slow`. */
  readonly reason: string;
}

/** What the disk holds and how it wears, for the page and for metrics. */
export interface StorageView {
  /** Days the recordings will reach back, and the most that was asked for; absent when nothing is recorded. */
  readonly outlook?:
    | { readonly days: number; readonly wantedDays: number; readonly basis: "measured" | "estimated" }
    | undefined;
  readonly freeBytes: number;
  readonly freeInodes: number;
  /** By camera: days back to its oldest recording, bytes of recordings on disk and since the start, gaps since then. */
  readonly cameras: readonly {
    readonly camera: string;
    readonly daysHeld: number;
    readonly sizeBytes: number;
    readonly writtenBytes: number;
    readonly gaps: number;
  }[];
  /** Bytes a day at the present pace; absent in the first minutes. */
  readonly writtenPerDay?:
    | { readonly videoBytes: number; readonly otherBytes?: number | undefined }
    | undefined;
  /** How long a new card of the configured endurance would last. */
  readonly cardLifeDays?: number | undefined;
}

/** A stretch of a camera's time that was recorded without a gap. */
export interface RecordedSpan {
  readonly fromMs: number;
  readonly toMs: number;
}
