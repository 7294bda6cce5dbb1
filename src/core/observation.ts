import type { Box } from "./geometry.ts";
import type { Moment } from "./time.ts";

/** Which means found somebody. `movement` cannot tell a person from a dog; alarms and the page say so. */
export type Detector = "movement";

/** Somebody (or, by `movement`, something) is in a zone, or has left it. Sent on every look while present. */
export interface PresenceObservation {
  readonly kind: "presence";
  readonly camera: string;
  readonly zone: string;
  readonly present: boolean;
  readonly boxes: readonly Box[];
  readonly detector: Detector;
  /** When the picture arrived, not when it was judged. */
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

export type Observation = PresenceObservation | ReadingObservation | ContactObservation | CameraObservation;
