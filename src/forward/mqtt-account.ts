import { createSignal } from "../core/signals.ts";
import type { Word } from "./answers.ts";

/** Which of some events whoever keeps them has settled. */
export interface Receipt {
  /** In the order in which they were settled: kept, or refused for good. */
  readonly settled: readonly number[];
  /** Waits for them no longer. */
  drop(): void;
}

/** What whoever keeps the events says on this connection. */
export interface MqttAccount {
  /** The last word; undefined before the first. */
  word(): Word | undefined;
  /** Refusals of all words. */
  refused(): ReadonlyMap<number, string | undefined>;
  add(word: Word): void;
  /** Waits for the word about these events. */
  expect(seqs: readonly number[]): Receipt;
  /** Calls after each word. */
  onWord(listener: () => void): () => void;
}

/** Each number of a word is looked up once, however many wait. */
export function createMqttAccount(): MqttAccount {
  const said = createSignal<void>();
  const waiting = new Map<number, number[]>();
  const refused = new Map<number, string | undefined>();
  let last: Word | undefined;

  function settle(seq: number): void {
    waiting.get(seq)?.push(seq);
    waiting.delete(seq);
  }

  function settleRange(first: number, through: number): void {
    if (through - first < waiting.size) for (let seq = first; seq <= through; seq += 1) settle(seq);
    else for (const seq of [...waiting.keys()]) if (first <= seq && seq <= through) settle(seq);
  }

  return {
    word: () => last,
    refused: () => refused,
    onWord: said.on,
    add(word) {
      last = word;
      for (const { seq, reason } of word.refused) {
        if (waiting.has(seq)) refused.set(seq, reason);
        settle(seq);
      }
      if (word.stored !== undefined) settleRange(1, word.stored);
      for (const { first, last: through } of word.held ?? []) settleRange(first, through);
      said.emit();
    },
    expect(seqs) {
      const settled: number[] = [];
      for (const seq of seqs) waiting.set(seq, settled);
      return {
        settled,
        drop() {
          for (const seq of seqs) if (waiting.get(seq) === settled) waiting.delete(seq);
        },
      };
    },
  };
}
