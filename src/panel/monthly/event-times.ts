import { type ClockCorrection, correctedTime } from "../../core/clock-correction.ts";
import type { LedgerEvent } from "../../core/event.ts";

/** When an event happened, as far as anybody knows. */
export interface EventTime {
  readonly ms: number;
  readonly isSure: boolean;
}

/**
 * Tells the times of events that come in the order of the ledger. Where a clock was wrong and nobody ever knew how wrong, the order
 * says more than the clock: such an event did not happen before the one that stands before it.
 */
export function createEventTimes(
  corrections: readonly ClockCorrection[],
): (event: Pick<LedgerEvent, "seq" | "time" | "clock">) => EventTime {
  let latestMs = Number.NEGATIVE_INFINITY;
  return ({ seq, time, clock }) => {
    const corrected = correctedTime({ seq, time }, corrections);
    const isSure = corrected !== undefined || clock === "synced";
    const toldMs = Date.parse(corrected ?? time);
    latestMs = isSure ? toldMs : Math.max(latestMs, toldMs);
    return { ms: latestMs, isSure };
  };
}
