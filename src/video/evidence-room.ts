import { errorCode } from "../core/errors.ts";
import type { EventDraft } from "../core/event.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { StoragePlan } from "../core/site.ts";
import { reserveBytes } from "../core/storage-outlook.ts";
import type { Clock, Timer } from "../core/time.ts";
import { isShort, shortageOf } from "./recorder-disk.ts";
import type { DiskSpace } from "./segment-files.ts";

const LOOK_EVERY_MS = 10_000;
/** Above the reserve by this share before files are written again: without it a full disk would flap. */
const MARGIN = 0.05;

export interface EvidenceRoomDependencies {
  /** Of the disk that the ledger stands on, too. */
  readonly space: () => Promise<DiskSpace>;
  readonly clock: Clock;
  readonly record: (draft: EventDraft) => void;
  readonly log: Logger;
}

/** Whether the data disk has room for clips and line pictures; an alarm's snapshot is written as long as it takes any. */
export interface EvidenceRoom extends Part {
  hasRoom(): boolean;
}

/** Looks every 10 s, so that nobody who takes a picture waits for the disk. A disk that cannot be asked says nothing. */
export function createEvidenceRoom(
  { space, clock, record, log }: EvidenceRoomDependencies,
  plan: StoragePlan,
): EvidenceRoom {
  let room = true;
  let isUnknown = false;
  let isRunning = false;
  let timer: Timer | undefined;

  function become(next: boolean, { freeBytes, totalBytes }: DiskSpace): void {
    if (next === room) return;
    room = next;
    const figures = { freeBytes, reserveBytes: Math.ceil(reserveBytes(plan, totalBytes)) };
    if (room) log.info(figures, "clips and line pictures are kept again");
    else log.warn(figures, "no clips and line pictures are kept: the disk is down to its reserve");
    record({
      type: room ? "org.cunshao.evidence.resumed" : "org.cunshao.evidence.paused",
      class: "state",
      data: { ...figures, ...(room ? {} : { reason: "evidence.no_room" }) },
    });
  }

  async function look(): Promise<void> {
    try {
      const found = await space();
      isUnknown = false;
      const shortage = shortageOf(found, plan, false);
      const isClear = shortage.bytes <= -MARGIN * reserveBytes(plan, found.totalBytes) && shortage.files <= 0;
      become(room ? !isShort(shortage) : isClear, found);
    } catch (error) {
      if (!isUnknown) log.warn({ code: errorCode(error) }, "the room for evidence is unknown");
      isUnknown = true;
    }
    if (isRunning) timer = clock.after(LOOK_EVERY_MS, () => void look());
  }

  return {
    name: "evidence",
    hasRoom: () => room,
    health() {
      return room
        ? { name: "evidence", status: "ok" }
        : { name: "evidence", status: "degraded", reason: "evidence.no_room" };
    },
    async start() {
      if (isRunning) return;
      isRunning = true;
      // Not waited for: a slow disk must not keep the rules from being armed.
      void look();
    },
    async stop() {
      isRunning = false;
      timer?.cancel();
    },
  };
}
