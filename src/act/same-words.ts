import { type BroadcastOrder, type BroadcastOutcome, contentData } from "../core/broadcast.ts";
import type { Clock } from "../core/time.ts";

export interface SameWords {
  /** Why a rule's words are not said again on this speaker; undefined when they are. @param others that sound or wait there. */
  judge(order: BroadcastOrder, speaker: string, others: readonly BroadcastOrder[]): string | undefined;
  ended(order: BroadcastOrder, outcome: BroadcastOutcome): void;
}

/** Rules say the same words on a speaker once at a time, and not again at once; what is louder or more urgent is another matter. */
export function createSameWords(clock: Clock, pauseMs: number): SameWords {
  /** By speaker and words: what was heard last, with when it ended. */
  const heard = new Map<string, { readonly order: BroadcastOrder; readonly endedMs: number }>();
  const key = (order: BroadcastOrder, speaker: string): string =>
    JSON.stringify([speaker, contentData(order.content)]);

  function covers(other: BroadcastOrder, order: BroadcastOrder): boolean {
    return (
      other.source.kind === "rule" &&
      key(other, "") === key(order, "") &&
      other.priority === order.priority &&
      other.volume >= order.volume
    );
  }

  return {
    judge(order, speaker, others) {
      if (order.source.kind !== "rule") return undefined;
      if (others.some((other) => covers(other, order))) return "broadcast.same_words";
      const last = heard.get(key(order, speaker));
      const isSoon = last && clock.now().monotonicMs < last.endedMs + pauseMs;
      return isSoon && covers(last.order, order) ? "broadcast.said_just_now" : undefined;
    },
    ended(order, { speaker, result }) {
      if (order.source.kind !== "rule" || result !== "played") return;
      const nowMs = clock.now().monotonicMs;
      for (const [words, { endedMs }] of heard) if (endedMs + pauseMs <= nowMs) heard.delete(words);
      heard.set(key(order, speaker), { order, endedMs: nowMs });
    },
  };
}
