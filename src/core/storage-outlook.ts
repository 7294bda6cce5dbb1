import { shareOfWeek } from "./schedule.ts";
import type { Camera, RecordPlan, StoragePlan } from "./site.ts";

export const DAY_MS = 86_400_000;
/** While nothing was measured, a camera that records on events is taken to do so a fifth of the time. */
const EVENT_SHARE = 0.2;

/** What one camera asks of the disk. */
export interface Demand {
  readonly bytesPerDay: number;
  readonly days: number;
  readonly maxBytes: number;
}

/** Bytes a day that a camera will write, by its configuration alone. */
export function estimatedBytesPerDay(plan: RecordPlan): number {
  if (plan.mode === "off") return 0;
  const share = shareOfWeek(plan.schedule) * (plan.mode === "events" ? EVENT_SHARE : 1);
  return (plan.expectedKbps / 8) * 1000 * 86_400 * share;
}

/** What the cameras ask for, by their configuration alone. */
export function estimatedDemands(cameras: readonly Pick<Camera, "record">[]): Demand[] {
  return cameras.flatMap(({ record }) => {
    if (!record || record.mode === "off") return [];
    return [demandOf(record, estimatedBytesPerDay(record))];
  });
}

export function demandOf(plan: RecordPlan, bytesPerDay: number): Demand {
  return { bytesPerDay, days: plan.keep.days, maxBytes: plan.keep.maxBytes ?? Number.POSITIVE_INFINITY };
}

/** Bytes that recordings leave free on a disk of `totalBytes`. */
export function reserveBytes({ keepFreeBytes, reservePercent }: StoragePlan, totalBytes: number): number {
  return Math.max(keepFreeBytes, (totalBytes * reservePercent) / 100);
}

/**
 * Days that every camera's recordings will reach back on `availableBytes` (recordings included), where the oldest of all
 * cameras goes first; the shortest of them counts. undefined when nothing is recorded.
 */
export function daysHeld(demands: readonly Demand[], availableBytes: number): number | undefined {
  const asking = demands.filter(({ bytesPerDay }) => bytesPerDay > 0);
  if (asking.length === 0) return undefined;
  const reach = ({ bytesPerDay, days, maxBytes }: Demand, shared: number): number =>
    Math.min(days, maxBytes / bytesPerDay, shared);
  const needed = (shared: number): number =>
    asking.reduce((sum, demand) => sum + demand.bytesPerDay * reach(demand, shared), 0);
  let low = 0;
  let high = Math.max(...asking.map(({ days }) => days));
  if (needed(high) > availableBytes) {
    // Bytes grow with the days shared: halving finds them to a millisecond.
    for (let step = 0; step < 48; step++) {
      const middle = (low + high) / 2;
      if (needed(middle) > availableBytes) high = middle;
      else low = middle;
    }
    high = low;
  }
  return Math.min(...asking.map((demand) => reach(demand, high)));
}

/** `12`, `1.5`, `0.3`: as many digits as such a figure deserves, never more than there is. */
export function roundDays(days: number): number {
  return days >= 10 ? Math.floor(days) : Math.floor(days * 10) / 10;
}
