import { addRange, cutRange, type SeqRange } from "../core/seq-ranges.ts";
import { createSignal } from "../core/signals.ts";
import type { Word } from "./answers.ts";

/** Ranges above its count without gaps that are remembered of a receiver. */
const MOST_RANGES = 10_000;

/** What whoever keeps the events has said on this connection, taken together. */
export interface MqttAccount {
  /** Undefined before the first word. */
  word(): Word | undefined;
  add(word: Word): void;
  /** Calls after each word. */
  onWord(listener: () => void): () => void;
}

export function createMqttAccount(): MqttAccount {
  const said = createSignal<void>();
  let account: Word | undefined;

  return {
    word: () => account,
    onWord: said.on,
    add(word) {
      const stored = word.stored ?? 0;
      const keepsAccount = word.held !== undefined || account?.held !== undefined;
      let held: readonly SeqRange[] = account?.held ?? [];
      for (const range of word.held ?? []) held = addRange(held, range);
      if (stored > 0) held = cutRange(held, { first: 1, last: stored });
      account = {
        ...word,
        held: keepsAccount ? held.slice(-MOST_RANGES) : undefined,
        refused: [...(account?.refused ?? []), ...word.refused].slice(-MOST_RANGES),
      };
      said.emit();
    },
  };
}
