import type { BroadcastSource } from "../core/broadcast.ts";
import type { Clock } from "../core/time.ts";

const MINUTE_MS = 60_000;

export interface SourceRate {
  /** `told`: refused, and that was said already; a runaway program must not fill the ledger with refusals. */
  take(source: BroadcastSource): "taken" | "refused" | "told";
}

/** Counts orders by source: no more than so many within a minute. */
export function createSourceRate(clock: Clock, mostPerMinute: number): SourceRate {
  const sources = new Map<string, { times: readonly number[]; isTold: boolean }>();
  return {
    take({ kind, name }) {
      const nowMs = clock.now().monotonicMs;
      for (const [source, { times }] of sources) {
        if ((times.at(-1) ?? 0) <= nowMs - MINUTE_MS) sources.delete(source);
      }
      const key = `${kind} ${name}`;
      const before = sources.get(key) ?? { times: [], isTold: false };
      const recent = before.times.filter((atMs) => atMs > nowMs - MINUTE_MS);
      const isTaken = recent.length < mostPerMinute;
      sources.set(key, { times: isTaken ? [...recent, nowMs] : recent, isTold: !isTaken });
      if (isTaken) return "taken";
      return before.isTold ? "told" : "refused";
    },
  };
}
