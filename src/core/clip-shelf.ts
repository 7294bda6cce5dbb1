import type { BroadcastContent, BroadcastSource } from "./broadcast.ts";
import type { Sound } from "./devices.ts";
import type { Part } from "./part.ts";
import type { Signal } from "./signals.ts";
import type { SpeakerLimit } from "./speaker-limits.ts";
import type { ContentFiles, Draft } from "./upload-drafts.ts";

// The clip shelf: recordings that people bring in to be played by the horns.

/** A recording for the horns; its file is named by its content and never changes. */
export interface Clip {
  readonly id: string;
  /** Whatever people call it; 1 to 60 signs. */
  readonly name: string;
  /** Of the file as it is played. */
  readonly sha256: string;
  readonly durationMs: number;
  readonly sizeBytes: number;
  readonly addedMs: number;
  readonly addedBy: BroadcastSource;
  /** The words in whose place it is played, e.g. a warning said in the dialect. */
  readonly replaces?: string | undefined;
  /** When it was taken off the shelf; it can be put back until it is thrown away. */
  readonly removedMs?: number | undefined;
}

export interface ClipLimits {
  /** A longer recording is refused; never more than the most patient speaker plays. */
  readonly maxSeconds: number;
  /** So much is taken of one upload. */
  readonly maxUploadBytes: number;
  /** All recordings together, those taken off the shelf included. */
  readonly maxBytes: number;
  /** Kept free on the disk for the ledger. */
  readonly keepFreeBytes: number;
}

/** Makes recordings of any kind alike: one channel, one rate, one loudness. */
export interface SoundMaker {
  /**
   * Writes `target`, a WAV file, of whatever sound there is in `source`. On an error nothing is left at `target`.
   * @throws GatewayError `clips.not_audio`, `clips.too_long`, `clips.too_short`, `clips.truncated`, `clips.silent`,
   *   `clips.empty` (permanent), `clips.full`, `clips.failed` (transient).
   */
  make(source: string, target: string, maxSeconds: number): Promise<{ readonly durationMs: number }>;
}

/** Where files and the index of the shelf are kept; the index follows the ledger's events. */
export interface ClipStore
  extends Pick<ContentFiles, "measure" | "keep" | "pathOf" | "discard" | "keepOnly" | "freeBytes"> {
  /** Those on the shelf and those taken off it, oldest first. */
  all(): Promise<Clip[]>;
  /**
   * Writes an upload to a draft, at most `maxBytes` of it.
   * @throws GatewayError `clips.too_large` (permanent), `clips.cut_off`, `clips.full`, `clips.unwritable` (transient); nothing is left then.
   */
  receive(id: string, content: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Draft>;
  /** A place for what is made of an upload, beside the kept files. */
  draft(id: string): Draft;
}

export interface ClipShelf extends Part {
  readonly changes: Signal<void>;
  /** On the shelf, newest first. */
  list(): readonly Clip[];
  /** Taken off it and still there, newest first. */
  removed(): readonly Clip[];
  readonly limits: ClipLimits;
  usedBytes(): number;
  /** The speakers that would cut this recording off. */
  tooLongFor(clip: Clip): readonly SpeakerLimit[];
  /**
   * Reads an upload to its end, checks it and puts it on the shelf; the same recording, taken off before, comes back.
   * @throws GatewayError as `SoundMaker.make` and `ClipStore.receive`, and `clips.name`, `clips.exists`, `clips.quota`,
   *   `clips.longer_than_speakers` (permanent), `clips.busy`, `clips.full` (transient), `ledger.*`. Nothing is left behind then.
   */
  add(content: AsyncIterable<Uint8Array>, name: string, by: BroadcastSource): Promise<Clip>;
  /** @throws GatewayError `clips.unknown` (permanent). */
  find(id: string): Clip;
  /** What an order of it says; undefined where there is none of this id. */
  contentOf(id: string): Promise<Extract<BroadcastContent, { kind: "clip" }> | undefined>;
  soundOf(clip: Clip): Sound;
  /** @param replaces undefined leaves it; an empty text ends it. @throws GatewayError `clips.unknown`, `clips.name`, `clips.words`. */
  change(
    id: string,
    change: { readonly name?: string | undefined; readonly replaces?: string | undefined },
    by: BroadcastSource,
  ): Promise<Clip>;
  /** @throws GatewayError `clips.unknown`, `clips.in_use` (permanent). */
  remove(id: string, by: BroadcastSource): Promise<void>;
  /** @throws GatewayError `clips.unknown` (permanent). */
  restore(id: string, by: BroadcastSource): Promise<Clip>;
  /** The recording to be played in place of these words. */
  replacing(text: string): Sound | undefined;
}
