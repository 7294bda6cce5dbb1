import type { LiveSink } from "../core/live.ts";
import type { Clock } from "../core/time.ts";

/** More than this unsent: about 8 s of a sub stream. Who is further behind would see history, not the pond. */
export const MOST_WAITING_BYTES = 512 * 1024;
/** While slow, a key frame is worth sending only when it will not be old by the time it arrives. */
const MOST_WAITING_FOR_KEY_BYTES = 128 * 1024;
/** A viewer that has taken nothing for this long does not read at all. */
export const STUCK_MS = 30_000;

/** What a viewer is sent in one piece. */
export interface LiveUnit {
  readonly bytes: Uint8Array;
  /** Decoding can begin here. */
  readonly keyFrame: boolean;
}

export interface PacingEvents {
  onDrop(): void;
  onStuck(): void;
}

export interface ViewerPacing {
  /** What comes next cannot be decoded before a key frame; `header` is sent first. */
  restart(header?: Uint8Array): void;
  /** Sends at once what a late viewer needs to catch up; that much more may wait until it was taken. */
  catchUp(units: readonly LiveUnit[]): void;
  offer(unit: LiveUnit): void;
}

/** Leaves frames out for a viewer that does not keep up: key frames only until it has taken all, and no bytes without bound. */
export function createViewerPacing(
  sink: Pick<LiveSink, "waitingBytes" | "send">,
  clock: Clock,
  events: PacingEvents,
): ViewerPacing {
  let needsKey = true;
  let isSlow = false;
  let allowanceBytes = 0;
  let sentBytes = 0;
  let takenBytes = 0;
  let takenAtMs = clock.now().monotonicMs;

  function send(bytes: Uint8Array): void {
    sentBytes += bytes.length;
    sink.send(bytes);
  }

  function isStuck(waitingBytes: number): boolean {
    const nowMs = clock.now().monotonicMs;
    const taken = sentBytes - waitingBytes;
    if (waitingBytes === 0 || taken > takenBytes) {
      takenBytes = taken;
      takenAtMs = nowMs;
    }
    return nowMs - takenAtMs > STUCK_MS;
  }

  function fits({ bytes, keyFrame }: LiveUnit, waitingBytes: number): boolean {
    if (needsKey && !keyFrame) return false;
    if (waitingBytes === 0) return true;
    if (isSlow) return keyFrame && waitingBytes + bytes.length <= MOST_WAITING_FOR_KEY_BYTES;
    return waitingBytes + bytes.length <= MOST_WAITING_BYTES + allowanceBytes;
  }

  return {
    restart(header) {
      needsKey = true;
      if (header) send(header);
    },
    catchUp(units) {
      needsKey = false;
      for (const { bytes } of units) {
        allowanceBytes += bytes.length;
        send(bytes);
      }
    },
    offer(unit) {
      const waitingBytes = sink.waitingBytes();
      if (isStuck(waitingBytes)) {
        events.onStuck();
        return;
      }
      if (waitingBytes < MOST_WAITING_BYTES) allowanceBytes = 0;
      if (!fits(unit, waitingBytes)) {
        // What comes before a first key frame was never this viewer's.
        if (!needsKey || isSlow) events.onDrop();
        isSlow ||= !needsKey;
        needsKey = true;
        return;
      }
      if (unit.keyFrame && waitingBytes === 0) isSlow = false;
      // While slow, each key frame stands alone.
      needsKey = isSlow;
      send(unit.bytes);
    },
  };
}
