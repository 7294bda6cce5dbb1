import type { SegmentIndex } from "../core/recordings.ts";

/** The index of a box that records nothing: clips of alarms come from memory alone. */
export const NO_RECORDINGS: Pick<SegmentIndex, "between" | "setLocked"> = {
  between: async () => [],
  setLocked: async () => 0,
};
