// What else the buffer keeps besides the ledger.
import type { Accumulation } from "./growth.ts";

/** A file that belongs to an event, kept by its content. */
export interface EvidenceStore {
  /** Writes durably and returns the SHA-256 (hex), which is also its id. */
  put(content: Uint8Array, mediaType: string): Promise<string>;
  /**
   * Takes a whole file of the data disk over, however large, and returns its SHA-256 (hex). The file is gone afterwards.
   * Rejects as `put` does; then the file is still there.
   */
  putFile(path: string, mediaType: string): Promise<string>;
  /** Where the file stands, or undefined. */
  find(id: string): Promise<{ path: string; mediaType: string; sizeBytes: number } | undefined>;
}

export interface StoredReading {
  readonly sensor: string;
  readonly at: string;
  readonly value: number | null;
  readonly quality: string;
}

/** Good readings of a part of a stretch of time, added up; null where there were none. */
export interface CurvePart {
  /** ISO times. */
  readonly from: string;
  readonly to: string;
  readonly low: number | null;
  readonly high: number | null;
  readonly mean: number | null;
  /** By how much it grew, of a sensor that counts up: the total of growth over any parts is what it grew from their first to their last. */
  readonly grown?: number | null | undefined;
  /** So many readings got no answer, or made no sense. */
  readonly lost: number;
  readonly invalid: number;
}

/** Telemetry: outside the chain, batched, may be lost up to a few seconds when the power goes. */
export interface ReadingStore {
  add(reading: StoredReading): void;
  between(sensor: string, fromIso: string, toIso: string, limit: number): Promise<StoredReading[]>;
  /**
   * In order of time, at most one for each of `parts` equal parts; none for a part in which nothing was even tried.
   * @param accumulates of a sensor that counts up, whose parts then say by how much. Each step counts in the part in which it was
   *   read, and so does what grew while nobody read.
   */
  curve(
    sensor: string,
    fromMs: number,
    toMs: number,
    parts: number,
    accumulates?: Accumulation,
  ): Promise<CurvePart[]>;
}
