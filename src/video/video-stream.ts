import type { CameraState } from "../core/observation.ts";
import type { Signal } from "../core/signals.ts";
import type { Moment } from "../core/time.ts";
import type { FragmentHub } from "./fragment-hub.ts";

/** A camera's state by one stream; `idle` when nobody holds a lease, so that there is no session. */
export type StreamState = CameraState | "idle";

export interface StreamStatus {
  readonly state: StreamState;
  /** Stable code of the reason, e.g. `rtsp.unauthorized`; empty while running. */
  readonly reason: string;
  readonly at: Moment;
}

/** One stream of a camera (`main` or `sub`) as its readers have it. */
export interface VideoStream {
  readonly hub: FragmentHub;
  /** Each change of `status()`. */
  readonly changes: Signal<StreamStatus>;
  status(): StreamStatus;
  /** Keeps the one session to the camera up until the returned function is called; calling that twice is harmless. */
  lease(): () => void;
}
