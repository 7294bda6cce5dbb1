import type { Logger } from "../core/log.ts";
import type { CameraUsage, RecordedAmount, SegmentCatalogue, StorageView } from "../core/recordings.ts";
import { shareOfWeek } from "../core/schedule.ts";
import type { RecordPlan, StoragePlan } from "../core/site.ts";
import {
  DAY_MS,
  daysHeld,
  demandOf,
  estimatedBytesPerDay,
  reserveBytes,
  roundDays,
} from "../core/storage-outlook.ts";
import type { Clock } from "../core/time.ts";
import type { DiskSpace } from "./segment-files.ts";

const HOUR_MS = 3_600_000;
/** Bit rates differ by day and night: a measurement looks back this far, and needs this much. */
const LOOK_BACK_MS = 24 * HOUR_MS;
const LEAST_MEASURED_MS = 600_000;
const EACH_MS = 300_000;

export interface ToldOutlook {
  readonly outlook: NonNullable<StorageView["outlook"]>;
  /** For a log or a technician. */
  readonly text: string;
  /** Measured, and less than was asked for. */
  readonly isTooShort: boolean;
}

/** How far back the recordings will reach on this disk, told honestly and again when it changes. */
export interface Outlook {
  /** @returns whether it was looked at again: only every few minutes. */
  look(space: DiskSpace): Promise<boolean>;
  told(): ToldOutlook | undefined;
  heldBy(camera: string): { readonly daysHeld: number; readonly sizeBytes: number };
}

export function createOutlook(
  {
    index,
    clock,
    log,
  }: { index: Pick<SegmentCatalogue, "usage" | "recordedSince">; clock: Clock; log: Logger },
  plans: ReadonlyMap<string, RecordPlan>,
  storage: StoragePlan,
): Outlook {
  let usage: readonly CameraUsage[] = [];
  let told: ToldOutlook | undefined;
  let dueMs = 0;

  return {
    async look(space) {
      const { monotonicMs, wallMs } = clock.now();
      if (monotonicMs < dueMs) return false;
      dueMs = monotonicMs + EACH_MS;
      usage = await index.usage();
      const amounts = new Map(
        (await index.recordedSince(wallMs - LOOK_BACK_MS)).map((amount) => [amount.camera, amount]),
      );
      const asking = [...plans].filter(([, { mode }]) => mode !== "off");
      const measured = asking.map(([camera, plan]) => measuredBytesPerDay(plan, amounts.get(camera), wallMs));
      const demands = asking.map(([, plan], at) =>
        demandOf(plan, measured[at] ?? estimatedBytesPerDay(plan)),
      );
      const held = usage.reduce((sum, { sizeBytes, lockedBytes }) => sum + sizeBytes - lockedBytes, 0);
      const available = space.freeBytes + held - reserveBytes(storage, space.totalBytes);
      const days = daysHeld(demands, Math.max(0, available));
      if (days === undefined) return true;
      const basis = measured.every((rate) => rate !== undefined) ? "measured" : "estimated";
      const wantedDays = Math.max(...demands.map((demand) => demand.days));
      const next = tellOutlook({ days, wantedDays, basis });
      if (next.text !== told?.text) {
        if (days < wantedDays) log.warn({ days: roundDays(days), wantedDays, basis }, next.text);
        else log.info({ wantedDays, basis }, next.text);
      }
      told = next;
      return true;
    },
    told: () => told,
    heldBy(camera) {
      const found = usage.find((one) => one.camera === camera);
      if (!found) return { daysHeld: 0, sizeBytes: 0 };
      const daysBack = Math.max(0, (clock.now().wallMs - found.oldestMs) / DAY_MS);
      return { daysHeld: Math.round(daysBack * 100) / 100, sizeBytes: found.sizeBytes };
    },
  };
}

function measuredBytesPerDay(
  plan: RecordPlan,
  amount: RecordedAmount | undefined,
  wallMs: number,
): number | undefined {
  if (!amount || amount.durationMs < LEAST_MEASURED_MS) return undefined;
  if (plan.mode === "continuous") {
    return (amount.sizeBytes / amount.durationMs) * DAY_MS * shareOfWeek(plan.schedule);
  }
  // How often something happens shows in hours only.
  const spanMs = wallMs - amount.firstMs;
  return spanMs < HOUR_MS ? undefined : (amount.sizeBytes / spanMs) * DAY_MS;
}

function tellOutlook(outlook: NonNullable<StorageView["outlook"]>): ToldOutlook {
  const { days, wantedDays, basis } = outlook;
  const isShort = days < wantedDays;
  const text = isShort
    ? `the disk holds about ${roundDays(days)} days of recordings instead of ${wantedDays} (${basis})`
    : `the disk holds the ${wantedDays} days of recordings asked for (${basis})`;
  return {
    outlook: { ...outlook, days: roundDays(days) },
    text,
    isTooShort: isShort && basis === "measured",
  };
}
