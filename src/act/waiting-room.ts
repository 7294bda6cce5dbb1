import type { BroadcastOrder, QueuedBroadcast, WaitsFor } from "../core/broadcast.ts";
import type { Clock, Timer } from "../core/time.ts";

/** How soon it is seen that the wall clock was set. */
const LOOK_EVERY_MS = 5000;

export type WaitVerdict =
  | { readonly state: "due" }
  | {
      readonly state: "waits";
      readonly waitsFor: Exclude<WaitsFor, "turn">;
      readonly leftMs?: number | undefined;
    }
  | { readonly state: "refused"; readonly reason: string };

export interface WaitingRoom {
  enter(order: BroadcastOrder): void;
  /** Takes the order out again. */
  leave(broadcast: string): BroadcastOrder | undefined;
  has(broadcast: string): boolean;
  list(): readonly QueuedBroadcast[];
  /** Something that is waited for may have come. */
  look(): void;
  /** Waits no longer. */
  close(): void;
}

/** Orders whose time has not come: they have a date, the clock is not right yet, or a second observation is to come. */
export function createWaitingRoom(
  clock: Clock,
  how: {
    /** @param sinceMs monotonic time since when it waits. */
    judge(order: BroadcastOrder, sinceMs: number): WaitVerdict;
    go(order: BroadcastOrder): void;
    refuse(order: BroadcastOrder, reason: string): void;
  },
): WaitingRoom {
  const entries = new Map<string, { readonly order: BroadcastOrder; readonly sinceMs: number }>();
  let timer: Timer | undefined;

  function look(): void {
    timer?.cancel();
    timer = undefined;
    let nextMs = LOOK_EVERY_MS;
    for (const [id, { order, sinceMs }] of [...entries]) {
      const verdict = how.judge(order, sinceMs);
      if (verdict.state === "waits") {
        nextMs = Math.min(nextMs, verdict.leftMs ?? LOOK_EVERY_MS);
        continue;
      }
      entries.delete(id);
      if (verdict.state === "due") how.go(order);
      else how.refuse(order, verdict.reason);
    }
    if (entries.size > 0) timer ??= clock.after(Math.max(1, Math.ceil(nextMs)), look);
  }

  function list(): QueuedBroadcast[] {
    return [...entries.values()].map(({ order, sinceMs }) => {
      const verdict = how.judge(order, sinceMs);
      return {
        order,
        speakers: order.speakers,
        waitsFor: verdict.state === "waits" ? verdict.waitsFor : "turn",
      };
    });
  }

  return {
    enter(order) {
      entries.set(order.id, { order, sinceMs: clock.now().monotonicMs });
      look();
    },
    leave(broadcast) {
      const entry = entries.get(broadcast);
      entries.delete(broadcast);
      if (entries.size === 0) timer?.cancel();
      return entry?.order;
    },
    has: (broadcast) => entries.has(broadcast),
    list,
    look,
    close() {
      entries.clear();
      timer?.cancel();
    },
  };
}
