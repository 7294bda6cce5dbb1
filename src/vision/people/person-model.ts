import type { Box } from "../../core/geometry.ts";

// The port behind which every way of finding people in one picture stands. It knows nothing of cameras, zones or time.

/** A picture, or a part of one, at the size at which it is to be looked at. */
export interface LookPicture {
  /** In pixels; see `PersonModelFacts.sides`. */
  readonly width: number;
  readonly height: number;
  /** Red, green, blue of each pixel, 0 to 255, row by row without gaps: `width * height * 3` bytes. */
  readonly pixels: Uint8Array;
}

/** Somebody, as the model thinks. */
export interface PersonBox {
  /** In fractions of the picture that was given, inside it. */
  readonly box: Box;
  /** How sure the model is, 0 to 1. Scores of different models do not compare. */
  readonly score: number;
}

export interface PersonModelFacts {
  /** What evidence and reports call it, e.g. `nanodet-g`, `yolox-416`: tells which model looked, not which file. */
  readonly id: string;
  /** SHA-256 of the model's file, hexadecimal. */
  readonly sha256: string;
  /**
   * Sizes of pictures it takes: each side a multiple of `multiple` pixels, at most `width` by `height`. Keep the aspect
   * when scaling a crop: stretched people are missed.
   */
  readonly sides: { readonly multiple: number; readonly width: number; readonly height: number };
  /** The score from which its boxes were measured to be worth believing. `detect` also gives less sure ones. */
  readonly usualScore: number;
}

/** `detect` gives no box below this score. */
export const LEAST_SCORE = 0.1;

/**
 * A model that finds people. It runs apart from the gateway: one that crashes or hangs takes only its own calls with it.
 *
 * Errors are `GatewayError`s. Permanent, until a person gives another file: `detector.missing`, `detector.wrong_sum`,
 * `detector.unreadable` (no model), `detector.wrong_shape` (no model for people that we know), `detector.no_runtime`
 * (ONNX Runtime has no build for this machine). Transient: `detector.crashed`, `detector.hung`, `detector.closed`.
 * A bug of the caller: `detector.wrong_picture`.
 *
 * After a failure it is started again by the next call, but not at once: until 1 s has passed, 2 s after the second
 * failure in a row, and so on up to 60 s, every call is rejected immediately with what it failed of. So just go on calling.
 */
export interface PersonModel {
  /** Checks the file and starts the model; does nothing when it runs. */
  load(): Promise<PersonModelFacts>;
  /**
   * The people in a picture, the surest first, each once (overlapping boxes are one person's). Loads by itself.
   * Calls may overlap; they are answered one after the other, and nothing is dropped: keep the queue short.
   */
  detect(picture: LookPicture): Promise<readonly PersonBox[]>;
  /** Ends it; calls that wait are rejected. A later call starts it anew. */
  close(): Promise<void>;
}
