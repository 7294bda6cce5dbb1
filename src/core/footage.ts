import type { MediaChild } from "./media.ts";
import type { RecordedSpan } from "./recordings.ts";

// Pictures of the past as rooms ask for them: clips of alarms, playback and exports. `video/` makes them.

/** Seconds of a clip before and after what it is about; each 0 to 60. */
export interface ClipLength {
  readonly beforeSeconds: number;
  readonly afterSeconds: number;
}

/** What is kept of an alarm: a snapshot, and a clip from before it to after it. */
export interface AlarmEvidence {
  readonly camera: string;
  /** Absent: 10 s before and after. */
  readonly clip?: ClipLength | undefined;
}

export interface ClipOrder extends ClipLength {
  readonly alarm: string;
  readonly camera: string;
  /** When the alarm was raised, in milliseconds since the Unix epoch by the box's clock at that time. */
  readonly atMs: number;
}

/** A clip that lies ready in a file; several alarms may share one. */
export interface TakenClip {
  readonly camera: string;
  /** An MP4 that its taker owns; whoever stores it may move it away. */
  readonly path: string;
  readonly mediaType: "video/mp4";
  readonly sizeBytes: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly clock: "synced" | "unsynced";
  /** Stable code of why it does not hold all that was ordered; absent when it does. */
  readonly lack?: string | undefined;
}

export interface RunningClip {
  /**
   * Ready once its time has passed.
   * @throws GatewayError `clip.no_pictures`, `clip.failed`, `clip.interrupted` (what was taken waits for the next start).
   */
  readonly ready: Promise<TakenClip>;
  /** The alarm is over: nothing has to be added after the ordered length. */
  release(): void;
  /** The clip is stored and in the ledger; what was kept against a crash may go. */
  settle(): Promise<void>;
}

export interface ClipTaker {
  /** Begins at once, with pictures from before. */
  take(order: ClipOrder): RunningClip;
  /**
   * Makes the clip of an alarm that a crash cut off, from what it left on disk or from recordings.
   * @throws GatewayError `clip.no_pictures`, `clip.failed`.
   */
  recover(order: ClipOrder): Promise<TakenClip>;
  /** Nothing is left to recover: removes what crashes left behind. */
  forgetRemains(): Promise<void>;
}

/** Makes one plain MP4 of fragments without transcoding; `drivers/` runs the process. */
export interface Remuxer {
  /**
   * Fragmented MP4 on stdin to one MP4 at `path`, at low priority.
   * @param indexFirst whether a player that loads the file over HTTP can begin at once; writes the file twice.
   */
  remux(title: string, path: string, indexFirst: boolean): MediaChild;
}

/** Recorded video on its way to a player. */
export interface Playback {
  /** True begin and end: from the key frame at or before what was asked to the end, or to the next gap. */
  readonly fromMs: number;
  readonly toMs: number;
  /** For Media Source Extensions. */
  readonly mediaType: string;
  readonly clock: "synced" | "unsynced";
  /** Fragmented MP4 whose time begins at 0; to be read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Lets go of the files, also of a playback that nobody read. */
  close(): Promise<void>;
}

export interface Replay {
  /**
   * What was recorded between two times, with gaps above 1.5 s between spans.
   * @throws GatewayError `camera.unknown`, `recordings.bad_range`, `recordings.future`, `recordings.too_long`.
   */
  spans(camera: string, fromMs: number, toMs: number): Promise<readonly RecordedSpan[]>;
  /** The same of up to 31 days, with gaps above `gapMs` only: what a bar can draw. @throws as `spans`. */
  outline(camera: string, fromMs: number, toMs: number, gapMs: number): Promise<readonly RecordedSpan[]>;
  /** @throws as `spans`, and `recordings.none`. */
  play(camera: string, fromMs: number, toMs: number): Promise<Playback>;
  /** @throws as `spans`, for a span of at most `longestMs`, and `recordings.none`. */
  check(camera: string, fromMs: number, toMs: number, longestMs: number): Promise<void>;
  /** Keeps recordings whatever their age, or no longer. @throws as `spans`, and `recordings.none`. */
  lock(camera: string, fromMs: number, toMs: number, isLocked: boolean): Promise<number>;
}

export interface ExportOrder {
  /** 32 hexadecimal digits, of whoever orders; absent: the desk makes one. */
  readonly id?: string | undefined;
  readonly camera: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
  readonly by: { readonly name: string; readonly role: string };
}

/** One video of an export: a camera that changed its picture's size in between gives several. */
export interface ExportedVideo {
  readonly file: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** What it holds, one after the other without a pause. */
  readonly spans: readonly RecordedSpan[];
}

export interface ExportState extends ExportOrder {
  readonly id: string;
  readonly status: "waiting" | "running" | "done" | "failed" | "cancelled";
  /** 0 to 1. */
  readonly progress: number;
  readonly orderedAtMs: number;
  /** When its files are removed; once it is done. */
  readonly keptUntilMs?: number | undefined;
  readonly failure?: string | undefined;
  readonly videos: readonly ExportedVideo[];
}

/** A file to hand out; `sizeBytes` is exact. */
export interface ExportFile {
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
  /** Bytes from `start` to `end`, both included. */
  read(start: number, end: number): AsyncIterable<Uint8Array>;
}

export interface ExportDesk {
  /** SHA-256 (hex) of the certificate that signs manifests. */
  readonly certificateSha256: string;
  /**
   * Checks an order and tells how many bytes it will take, before anybody is told of it.
   * @throws GatewayError as `Replay.play`, and `export.too_large`, `export.busy`, `export.disk_full`.
   */
  weigh(order: ExportOrder): Promise<void>;
  /** Begins, or waits for its turn. `audit` is the event that tells of it. */
  begin(order: ExportOrder, audit: { readonly id: string; readonly seq: number }): ExportState;
  /** Newest first. */
  list(): readonly ExportState[];
  find(id: string): ExportState | undefined;
  /** Ends it and removes its files; false when there is no such export. */
  cancel(id: string): Promise<boolean>;
  /** `package.zip` holds all others. @throws GatewayError `export.unknown`, `export.not_ready`. */
  file(id: string, name: string): Promise<ExportFile>;
}

/** Everything of the past that the panel can be asked for. */
export interface Footage {
  readonly replay: Replay;
  readonly exports: ExportDesk;
}
