import type { FragmentHub } from "./fragment-hub.ts";

/** One stream of a camera (`main` or `sub`) as its readers have it. */
export interface VideoStream {
  readonly hub: FragmentHub;
  /** Keeps the one session to the camera up until the returned function is called. */
  lease(): () => void;
}
