// What else the buffer keeps besides the ledger.

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
  /** So many readings got no answer, or made no sense. */
  readonly lost: number;
  readonly invalid: number;
}

/** Telemetry: outside the chain, batched, may be lost up to a few seconds when the power goes. */
export interface ReadingStore {
  add(reading: StoredReading): void;
  between(sensor: string, fromIso: string, toIso: string, limit: number): Promise<StoredReading[]>;
  /** In order of time, at most one for each of `parts` equal parts; none for a part in which nothing was even tried. */
  curve(sensor: string, fromMs: number, toMs: number, parts: number): Promise<CurvePart[]>;
}
