import { anySignal } from "../core/any-signal.ts";
import type { Ledger } from "../core/event.ts";
import type { Clock, Timer } from "../core/time.ts";

/** An alarm of the last ten minutes is of now, also when the line comes back only afterwards. */
const LIVE_MS = 600_000;
const MOST_KEPT = 1000;

/** Knows which alarms are of now. */
export interface AlarmWatch {
  /** Watches until the returned function is called. */
  start(): () => void;
  /** The number after which alarms are of now; those up to it are backlog. */
  startOfNow(): number;
  /** Waits, at most until an alarm comes that may hurry it; never rejects. */
  rest(waitMs: number, mayHurry: boolean, signal: AbortSignal): Promise<void>;
}

/** @param leastRestMs so long even an alarm waits between two attempts. */
export function createAlarmWatch(
  { ledger, clock }: { readonly ledger: Pick<Ledger, "head" | "onAppend">; readonly clock: Clock },
  leastRestMs: number,
): AlarmWatch {
  let recent: { readonly seq: number; readonly monotonicMs: number }[] = [];

  return {
    start: () =>
      ledger.onAppend(({ seq, class: eventClass }) => {
        if (eventClass !== "alarm") return;
        const { monotonicMs } = clock.now();
        recent = [...recent, { seq, monotonicMs }]
          .filter((alarm) => alarm.monotonicMs > monotonicMs - LIVE_MS)
          .slice(-MOST_KEPT);
      }),
    startOfNow() {
      const sinceMs = clock.now().monotonicMs - LIVE_MS;
      const first = recent.find(({ monotonicMs }) => monotonicMs > sinceMs);
      return first ? first.seq - 1 : ledger.head;
    },
    async rest(waitMs, mayHurry, signal) {
      const hurry = new AbortController();
      const startedMs = clock.now().monotonicMs;
      let soon: Timer | undefined;
      const unsubscribe = ledger.onAppend((event) => {
        if (!mayHurry || event.class !== "alarm" || soon) return;
        const leftMs = leastRestMs - (clock.now().monotonicMs - startedMs);
        soon = clock.after(Math.max(leftMs, 0), () => hurry.abort());
      });
      // Both reasons to wake are wanted ones.
      const over = anySignal(signal, hurry.signal);
      await clock.sleep(waitMs, over.signal).catch(() => undefined);
      over.release();
      unsubscribe();
      soon?.cancel();
    },
  };
}
