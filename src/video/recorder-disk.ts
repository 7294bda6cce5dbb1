import { createSignal, type Signal } from "../core/signals.ts";
import type { StoragePlan } from "../core/site.ts";
import { reserveBytes } from "../core/storage-outlook.ts";
import type { Clock } from "../core/time.ts";
import type { DiskSpace } from "./segment-files.ts";

/** Between going on and stopping again: without it a full disk would flap. */
const MARGIN = 0.1;
const FIRST_RETRY_MS = 5000;
const LAST_RETRY_MS = 300_000;

/** Bytes and files that are missing; at most 0 where there is room. */
export interface Shortage {
  readonly bytes: number;
  readonly files: number;
}

/** What is missing for the reserve, which the ledger lives on; `withMargin`: for some time to come. */
export function shortageOf(space: DiskSpace, plan: StoragePlan, withMargin: boolean): Shortage {
  const factor = withMargin ? 1 + MARGIN : 1;
  const reservedFiles = (space.totalInodes * plan.reservePercent) / 100;
  return {
    bytes: Math.ceil(reserveBytes(plan, space.totalBytes) * factor) - space.freeBytes,
    files: space.totalInodes === 0 ? 0 : Math.ceil(reservedFiles * factor) - space.freeInodes,
  };
}

export function isShort({ bytes, files }: Shortage): boolean {
  return bytes > 0 || files > 0;
}

/** Whether video may be written at all: a full or failing disk is left to the ledger. */
export interface RecorderDisk {
  /** Emits what became of the reason, empty when it is over. */
  readonly changes: Signal<string>;
  /** Stable code, empty while the disk takes video. */
  reason(): string;
  /** True while writing, and when it is time to try again. */
  mayWrite(): boolean;
  /** @param code of the system. */
  fault(code: string): void;
  written(): void;
  /** What the file system says, once what may go has gone. */
  look(space: DiskSpace): void;
}

/** What keeps video from the disk, and when it is tried again: twice as long each time it does not help. */
function createFault(clock: Clock) {
  const changes = createSignal<string>();
  let reason = "";
  let retryMs = FIRST_RETRY_MS;
  let retryAtMs = 0;

  return {
    changes,
    reason: () => reason,
    isDue: () => clock.now().monotonicMs >= retryAtMs,
    become(next: string): void {
      if (next === reason) return;
      reason = next;
      changes.emit(reason);
    },
    wait(): void {
      retryAtMs = clock.now().monotonicMs + retryMs;
      retryMs = Math.min(LAST_RETRY_MS, retryMs * 2);
    },
    over(): void {
      retryMs = FIRST_RETRY_MS;
      this.become("");
    },
  };
}

export function createRecorderDisk(clock: Clock, plan: StoragePlan): RecorderDisk {
  const fault = createFault(clock);
  let isTrying = false;

  return {
    changes: fault.changes,
    reason: fault.reason,
    mayWrite: () => fault.reason() === "" || isTrying,
    fault(code) {
      isTrying = false;
      fault.wait();
      fault.become(reasonOf(code));
    },
    written() {
      // A block that was under way when the reserve was reached proves nothing.
      if (fault.reason() === "" || !isTrying) return;
      isTrying = false;
      fault.over();
    },
    look(space) {
      if (isShort(shortageOf(space, plan, false))) {
        isTrying = false;
        if (fault.reason() === "") fault.become("recording.disk_full");
        return;
      }
      if (fault.reason() === "" || isTrying || !fault.isDue()) return;
      if (fault.reason() === "recording.disk_full" && isShort(shortageOf(space, plan, true))) return;
      isTrying = true;
    },
  };
}

/** The disk as one camera meets it. */
export interface CameraDisk
  extends Pick<RecorderDisk, "changes" | "reason" | "mayWrite" | "fault" | "written"> {}

/** Of the disk, not of a folder or a file on it. */
const WHOLE_DISK: readonly string[] = ["ENOSPC", "EDQUOT", "EROFS"];

/** What is wrong with the files of one camera (a folder that may not be written, a bad sector) stops no other. */
export function createCameraDisk(clock: Clock, shared: RecorderDisk): CameraDisk {
  const own = createFault(clock);

  return {
    changes: own.changes,
    reason: () => shared.reason() || own.reason(),
    mayWrite: () => shared.mayWrite() && (own.reason() === "" || own.isDue()),
    fault(code) {
      if (WHOLE_DISK.includes(code)) {
        shared.fault(code);
        return;
      }
      own.wait();
      own.become(reasonOf(code));
    },
    written() {
      shared.written();
      own.over();
    },
  };
}

function reasonOf(code: string): string {
  if (code === "ENOSPC" || code === "EDQUOT") return "recording.disk_full";
  return code === "EROFS" ? "recording.disk_read_only" : "recording.disk_failed";
}
