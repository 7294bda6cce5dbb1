import type { QueuedBroadcast, SpeakerGroup } from "./broadcast.ts";
import type { QuietHours } from "./horn-limits.ts";

/** What the page shows of the horns beside each speaker's own state. */
export interface HornsView {
  /** Most important first. */
  readonly queue: readonly QueuedBroadcast[];
  readonly groups: readonly SpeakerGroup[];
  /** Absent where there is none. */
  readonly killSwitch?: { readonly input: string; readonly closed: boolean } | undefined;
  /** When these classes are not heard there, whoever speaks; an emergency always is. Absent: a box that does not tell. */
  readonly quiet?: readonly QuietHours[] | undefined;
  /** How long an emergency that nobody gave by hand waits for a device of the village that agrees. Absent: a box that does not tell. */
  readonly twoKeySeconds?: number | undefined;
}
