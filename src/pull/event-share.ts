import type { EventsHeld } from "../core/pull-view.ts";
import type { Clock } from "../core/time.ts";

/** How much of the events of one box this side takes. */
export interface EventBounds {
  /** For ever, as JSON. */
  readonly mostBytes: number;
  /** As fast as the line carries it. */
  readonly burstBytes: number;
  /** Beyond that. */
  readonly bytesPerSecond: number;
}

/** Alarms come when nothing else does: this part of burst and share is for them alone. */
const FOR_ALARMS = 1 / 8;
/** An answer is work, however little it says: one that says nothing and says it at once would be asked without end. */
const LEAST_BYTES = 4096;

export type Wanted = "alarms" | "all";

export interface EventShare {
  /** Until the next page may be asked for; 0: now, `Infinity`: not before the share is larger. */
  waitMs(wanted: Wanted): number;
  /** A page, as it came. @param isHistory an old box is none that writes without end: what it had when it was met is no matter of pace. */
  came(bytes: number, isHistory: boolean): void;
  held(): EventsHeld | undefined;
}

/**
 * The share of one box that writes without end: it is asked more slowly, alarms first, and in the end not at all, so that neither the
 * disk nor the time of this side is one village's. What is not asked for stays in the village.
 * @param storedBytes what all its events take here.
 */
export function createEventShare(
  { clock, storedBytes }: { readonly clock: Clock; readonly storedBytes: () => number },
  { mostBytes, burstBytes, bytesPerSecond }: EventBounds,
): EventShare {
  const reserveBytes = burstBytes * FOR_ALARMS;
  let left = burstBytes;
  /** One that lies about how much that is gets no more than may ever be here. */
  let historyLeft = mostBytes - storedBytes();
  let atMs = clock.now().monotonicMs;
  let isSlowed = false;

  function leftNow(): number {
    const { monotonicMs } = clock.now();
    left = Math.min(burstBytes, left + ((monotonicMs - atMs) / 1000) * bytesPerSecond);
    atMs = monotonicMs;
    // Not at once as before: who is told of it would see it come and go.
    if (left <= reserveBytes) isSlowed = true;
    else if (left > 2 * reserveBytes) isSlowed = false;
    return left;
  }

  return {
    waitMs(wanted) {
      const share = wanted === "all" ? mostBytes * (1 - FOR_ALARMS) : mostBytes;
      if (storedBytes() >= share) return Number.POSITIVE_INFINITY;
      const missing = (wanted === "all" ? reserveBytes : 0) - leftNow();
      // Not for a few bytes each time.
      return missing < 0 ? 0 : Math.ceil(((missing + LEAST_BYTES) / bytesPerSecond) * 1000);
    },
    came(bytes, isHistory) {
      const cost = Math.max(bytes, LEAST_BYTES);
      if (isHistory && historyLeft > 0) {
        historyLeft -= cost;
        return;
      }
      left = leftNow() - cost;
      leftNow();
    },
    held() {
      const stored = storedBytes();
      if (stored >= mostBytes) return "full";
      if (stored >= mostBytes * (1 - FOR_ALARMS)) return "alarmsOnly";
      leftNow();
      return isSlowed ? "slowed" : undefined;
    },
  };
}

/** For pullers that keep all that there is. */
export const WHOLE_SHARE: EventShare = { waitMs: () => 0, came: () => undefined, held: () => undefined };
