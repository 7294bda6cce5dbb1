import type { Box, Point } from "./geometry.ts";
import type { GrowthSums, SumHours } from "./growth.ts";
import type { Moment } from "./time.ts";

/** Which means found somebody: a model by its id, or `movement`, which cannot tell a person from a dog; alarms and the page say so. */
export type Detector = string;

/** Somebody (or, by `movement`, something) is in a zone, or has left it. Sent on every look while present. */
export interface PresenceObservation {
  readonly kind: "presence";
  readonly camera: string;
  readonly zone: string;
  readonly present: boolean;
  readonly boxes: readonly Box[];
  /** Who stands in the zone; absent where the detector follows nobody (`movement`). */
  readonly tracks?: readonly SeenTrack[] | undefined;
  /** Where that went what is in the boxes; only where `tracks` does not tell. */
  readonly paths?: readonly (readonly Point[])[] | undefined;
  readonly detector: Detector;
  /** When the picture arrived, not when it was judged. */
  readonly at: Moment;
}

/** Somebody followed from look to look by position and size alone; who it is nobody knows. */
export interface SeenTrack {
  /** No other track of the camera had it since the gateway started. */
  readonly id: number;
  /** Where it stands: the middle of the box's lower edge. */
  readonly feet: Point;
  readonly box: Box;
  /** Of the detector, 0 to 1; of this look. Scores of different detectors do not compare. */
  readonly score: number;
  /**
   * What its looks together have said at the most so far, the same for every detector: two looks at a score that is
   * usually right are 1, more looks and surer ones are more. At least 0.75.
   */
  readonly sureness: number;
  /** Whether it has moved since it was first seen: what never does is a post or a scarecrow. */
  readonly moved: boolean;
  /** Ids of the camera's zones in which it stands. */
  readonly zones: readonly string[];
  /** Where its feet were in its last seconds, oldest first, at most `LONGEST_PATH` points, `feet` the last. */
  readonly path?: readonly Point[] | undefined;
}

/** Points of a path: enough to draw it over a picture. */
export const LONGEST_PATH = 30;

/**
 * Everybody who is followed in a camera's picture, in zones or not. Sent on every look that sees any, and once when the
 * last is gone; a look that failed or was left out sends none.
 */
export interface TracksObservation {
  readonly kind: "tracks";
  readonly camera: string;
  readonly tracks: readonly SeenTrack[];
  readonly detector: Detector;
  readonly at: Moment;
}

/** Somebody went over a line of the camera. */
export interface CrossingObservation {
  readonly kind: "crossing";
  readonly camera: string;
  readonly line: string;
  /** Into the village or out of it. */
  readonly direction: "in" | "out";
  readonly detector: Detector;
  /** Where it was when it had gone over. */
  readonly box: Box;
  /** `SeenTrack.id`, where the detector follows people. */
  readonly track?: number | undefined;
  /** Of the detector, 0 to 1; absent for `movement`. */
  readonly score?: number | undefined;
  /** `SeenTrack.sureness`. */
  readonly sureness?: number | undefined;
  /** `SeenTrack.path`, up to where it had gone over. */
  readonly path?: readonly Point[] | undefined;
  readonly at: Moment;
}

export type ReadingQuality = "good" | "invalid" | "lost";

/** One timed value of a sensor; `value` is null unless `quality` is `good`. */
export interface ReadingObservation {
  readonly kind: "reading";
  readonly sensor: string;
  readonly value: number | null;
  readonly unit: string;
  readonly quality: ReadingQuality;
  /** Of a good reading of a sensor that counts up. */
  readonly sums?: GrowthSums | undefined;
  /** `value` is what came in so many hours, not what the device shows: what a rule that sums acted on. */
  readonly overHours?: SumHours | undefined;
  readonly at: Moment;
}

export interface ContactObservation {
  readonly kind: "contact";
  readonly input: string;
  readonly closed: boolean;
  readonly at: Moment;
}

/**
 * `connecting` until the first picture, `stalled` when pictures stop while the session stands, `lost` when it broke,
 * `refused` when the camera does not take the login, `unsupported` when what it sends is no video that we can use.
 */
export type CameraState = "connecting" | "running" | "stalled" | "lost" | "refused" | "unsupported";

export interface CameraObservation {
  readonly kind: "camera";
  readonly camera: string;
  readonly state: CameraState;
  /** Stable code of the reason, e.g. `rtsp.unauthorized`; empty while running. */
  readonly reason: string;
  readonly at: Moment;
}

export type Observation =
  | PresenceObservation
  | TracksObservation
  | CrossingObservation
  | ReadingObservation
  | ContactObservation
  | CameraObservation;

type Sight = PresenceObservation | TracksObservation | CrossingObservation;

/** Whether a camera saw somebody, or something. */
export function showsSomebody(observation: Observation): observation is Sight {
  const { kind } = observation;
  return kind === "presence" ? observation.present : kind === "tracks" || kind === "crossing";
}
