import type { UpstreamState } from "../core/delivery.ts";
import type { EventDraft } from "../core/event.ts";
import type { Part } from "../core/part.ts";
import type { Clock, Timer } from "../core/time.ts";

/** A restart of the township's server, or a telephone line that drops and comes back, is no outage. */
const LOST_AFTER_MS = 60_000;

export interface OutageLogDependencies {
  readonly states: () => readonly Pick<UpstreamState, "id" | "status" | "reason">[];
  /** Calls after something in `states` changed. */
  readonly onChange: (listener: () => void) => void;
  readonly record: (draft: EventDraft) => void;
  readonly clock: Clock;
}

interface Gone {
  readonly sinceMs: number;
  timer?: Timer | undefined;
}

/** Has the ledger know since when an upstream did not take events, and when it did again: the page alone forgets. */
export function createOutageLog({ states, onChange, record, clock }: OutageLogDependencies): Part {
  const gone = new Map<string, Gone>();
  let running = false;

  const secondsSince = (ms: number): number => Math.round((clock.now().monotonicMs - ms) / 1000);

  function tellLost(id: string, one: Gone): void {
    one.timer = undefined;
    const reason = states().find((state) => state.id === id)?.reason;
    tell("lost", id, { ...(reason !== undefined && { reason }), seconds: secondsSince(one.sinceMs) });
  }

  function tell(what: "lost" | "found", id: string, data: Readonly<Record<string, unknown>>): void {
    record({
      type: `org.cunshao.upstream.${what}`,
      class: "state",
      subject: id,
      data: { upstream: id, ...data },
    });
  }

  function look(): void {
    if (!running) return;
    for (const { id, status } of states()) {
      const one = gone.get(id);
      if (status === "connected") {
        if (!one) continue;
        gone.delete(id);
        if (one.timer) one.timer.cancel();
        else tell("found", id, { seconds: secondsSince(one.sinceMs) });
      } else if (!one) {
        const begun: Gone = { sinceMs: clock.now().monotonicMs };
        begun.timer = clock.after(LOST_AFTER_MS, () => tellLost(id, begun));
        gone.set(id, begun);
      }
    }
  }
  onChange(look);

  return {
    name: "outage-log",
    async start() {
      running = true;
      look();
    },
    async stop() {
      running = false;
      for (const { timer } of gone.values()) timer?.cancel();
      gone.clear();
    },
  };
}
