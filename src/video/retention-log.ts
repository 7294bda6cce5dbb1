import type { EventDraft } from "../core/event.ts";
import type { Segment } from "../core/recordings.ts";
import { type Clock, isoTime } from "../core/time.ts";

export type DeletionReason = "age" | "size" | "space";

interface Entry {
  readonly camera: string;
  readonly reason: DeletionReason;
  segments: number;
  bytes: number;
  fromMs: number;
  toMs: number;
}

const HOUR_MS = 3_600_000;
/** An event has room for so many; a box with more cameras tells the rest in the next. */
const MAX_ENTRIES = 200;

/** Gathers what was deleted into one event an hour: a card that is full deletes all day long. */
export interface DeletionLog {
  note(segment: Segment, reason: DeletionReason): void;
  /** Tells what was gathered when its hour is over, or at once. */
  tell(isLast?: boolean): void;
}

export function createDeletionLog(clock: Clock, record: (draft: EventDraft) => void): DeletionLog {
  let entries = new Map<string, Entry>();
  let sinceMs = 0;

  return {
    note({ camera, startMs, endMs, sizeBytes }, reason) {
      if (entries.size === 0) sinceMs = clock.now().monotonicMs;
      const key = `${camera} ${reason}`;
      const entry = entries.get(key) ?? {
        camera,
        reason,
        segments: 0,
        bytes: 0,
        fromMs: startMs,
        toMs: endMs,
      };
      entry.segments++;
      entry.bytes += sizeBytes;
      entry.fromMs = Math.min(entry.fromMs, startMs);
      entry.toMs = Math.max(entry.toMs, endMs);
      entries.set(key, entry);
    },
    tell(isLast = false) {
      if (entries.size === 0) return;
      if (!isLast && clock.now().monotonicMs - sinceMs < HOUR_MS && entries.size < MAX_ENTRIES) return;
      const deleted = [...entries.values()].map(({ fromMs, toMs, ...entry }) => {
        return { ...entry, from: isoTime(fromMs), to: isoTime(toMs) };
      });
      entries = new Map();
      record({
        type: "org.cunshao.recording.deleted",
        class: "state",
        data: { segments: deleted.reduce((sum, { segments }) => sum + segments, 0), deleted },
      });
    },
  };
}
