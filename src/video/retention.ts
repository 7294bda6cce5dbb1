import { errorCode, errorMessage } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Segment, SegmentCatalogue } from "../core/recordings.ts";
import type { RecordPlan, StoragePlan } from "../core/site.ts";
import { DAY_MS } from "../core/storage-outlook.ts";
import type { Clock } from "../core/time.ts";
import { isShort, type Shortage, shortageOf } from "./recorder-disk.ts";
import type { DeletionLog, DeletionReason } from "./retention-log.ts";
import type { DiskSpace, SegmentFiles } from "./segment-files.ts";

/** So many go in one step; the index is asked again after each. */
const STEP = 50;
/** Files that could not be removed are left out for so long, and after so many nothing is tried. */
const STUCK_MS = 600_000;
const MAX_STUCK = 500;
/** A segment's age is counted from its beginning: it stays until all of it is old enough. */
const LONGEST_SEGMENT_MS = 900_000;
/** Recordings of a camera that is configured no longer are kept as the law asks. */
const KEEP_OF_OTHERS: RecordPlan["keep"] = { days: 30 };

export interface RetentionDependencies {
  readonly files: Pick<SegmentFiles, "remove" | "space">;
  readonly index: Pick<SegmentCatalogue, "removable" | "release" | "adopt" | "usage">;
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  readonly log: Logger;
  readonly deletions: DeletionLog;
  /** Paths that nobody else is to touch. */
  readonly inHand: Set<string>;
}

/** What a pass could not bring about, because all that is left is evidence or being written. */
export interface RetentionResult {
  /** Cameras that have more than their limit in bytes. */
  readonly over: readonly string[];
  readonly space: DiskSpace;
  readonly isShort: boolean;
}

/** As many of the oldest as are needed, and no more. */
export function takeOldest(oldestFirst: readonly Segment[], { bytes, files }: Shortage): Segment[] {
  let freedBytes = 0;
  return oldestFirst.filter(({ sizeBytes }, index) => {
    if (freedBytes >= bytes && index >= files) return false;
    freedBytes += sizeBytes;
    return true;
  });
}

export interface Retention {
  /** Deletes what is too old, too much, or in the way of the reserve: in this order, oldest first. */
  run(signal: AbortSignal): Promise<RetentionResult>;
  /** Only the last: cheap while there is room. */
  makeRoom(signal: AbortSignal): Promise<Pick<RetentionResult, "space" | "isShort">>;
}

export function createRetention(
  { files, index, clock, isClockSynced, log, deletions, inHand }: RetentionDependencies,
  plans: ReadonlyMap<string, Pick<RecordPlan, "keep">>,
  storage: StoragePlan,
): Retention {
  const stuck = new Set<string>();
  let stuckSinceMs = 0;

  /** The next that may go, without those that would not. */
  async function nextOf(query: { camera?: string; beforeMs?: number }): Promise<Segment[]> {
    if (clock.now().monotonicMs - stuckSinceMs > STUCK_MS) stuck.clear();
    if (stuck.size >= MAX_STUCK) return [];
    const found = await index.removable({ ...query, limit: STEP + stuck.size });
    return found.filter(({ path }) => !stuck.has(path)).slice(0, STEP);
  }

  /** @returns whether anything went. */
  async function remove(chosen: readonly Segment[], reason: DeletionReason): Promise<boolean> {
    // A scan would take a file whose row has gone already for one that the index has lost.
    for (const { path } of chosen) inHand.add(path);
    try {
      return await removeHeld(chosen, reason);
    } finally {
      for (const { path } of chosen) inHand.delete(path);
    }
  }

  async function removeHeld(chosen: readonly Segment[], reason: DeletionReason): Promise<boolean> {
    const released = await index.release(chosen.map(({ id }) => id));
    const staying: Segment[] = [];
    let first: unknown;
    for (const segment of released) {
      try {
        await files.remove(segment.path);
        deletions.note(segment, reason);
      } catch (error) {
        first ??= error;
        staying.push(segment);
      }
    }
    if (staying.length > 0) await putBack(staying, first);
    return released.length > staying.length;
  }

  async function putBack(staying: readonly Segment[], error: unknown): Promise<void> {
    log.error(
      {
        path: staying[0]?.path,
        recordings: staying.length,
        code: errorCode(error),
        reason: errorMessage(error),
      },
      "recordings cannot be removed",
    );
    if (stuck.size === 0) stuckSinceMs = clock.now().monotonicMs;
    for (const { path } of staying) stuck.add(path);
    await index.adopt(staying);
  }

  async function removeOld(camera: string, days: number, signal: AbortSignal): Promise<void> {
    // A clock that may be wrong makes everything old.
    while (isClockSynced() && !signal.aborted) {
      const beforeMs = clock.now().wallMs - days * DAY_MS - LONGEST_SEGMENT_MS;
      const old = await nextOf({ camera, beforeMs });
      if (old.length === 0 || !(await remove(old, "age"))) return;
    }
  }

  /** @returns whether the camera is within its limit now. */
  async function removeExcess(camera: string, excessBytes: number, signal: AbortSignal): Promise<boolean> {
    let bytes = excessBytes;
    while (bytes > 0 && !signal.aborted) {
      const chosen = takeOldest(await nextOf({ camera }), { bytes, files: 0 });
      if (!(await remove(chosen, "size"))) return false;
      bytes -= chosen.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    }
    return bytes <= 0;
  }

  async function makeRoom(signal: AbortSignal): Promise<Pick<RetentionResult, "space" | "isShort">> {
    let space = await files.space();
    // With room for some time, so that what is written meanwhile does not reach the reserve.
    for (let shortage = shortageOf(space, storage, true); isShort(shortage) && !signal.aborted; ) {
      const chosen = takeOldest(await nextOf({}), shortage);
      if (!(await remove(chosen, "space"))) break;
      space = await files.space();
      shortage = shortageOf(space, storage, true);
    }
    return { space, isShort: isShort(shortageOf(space, storage, false)) };
  }

  return {
    async run(signal) {
      const over: string[] = [];
      for (const { camera } of await index.usage()) {
        await removeOld(camera, (plans.get(camera)?.keep ?? KEEP_OF_OTHERS).days, signal);
      }
      for (const { camera, sizeBytes } of await index.usage()) {
        const { maxBytes } = plans.get(camera)?.keep ?? KEEP_OF_OTHERS;
        if (maxBytes === undefined || sizeBytes <= maxBytes) continue;
        if (!(await removeExcess(camera, sizeBytes - maxBytes, signal))) over.push(camera);
      }
      return { over, ...(await makeRoom(signal)) };
    },
    makeRoom,
  };
}
