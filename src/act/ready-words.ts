import { errorCode, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import { type Clock, within } from "../core/time.ts";
import type { Voice } from "./voice.ts";

/** Whoever changes words waits for no longer than this. */
const REHEARSAL_MS = 4000;

/** Words and where they are said; groups count as their speakers. */
export interface Phrase {
  readonly text: string;
  readonly speakers: readonly string[];
}

export interface ReadyWords {
  /** Makes ready the words of the rules, so that a warning never waits for speech synthesis. Never rejects. */
  prepare(phrases: readonly Phrase[]): Promise<void>;
  /** Makes ready what shall be a rule's words. @throws GatewayError (permanent) where a speaker cannot say them. */
  rehearse(phrases: readonly Phrase[]): Promise<void>;
}

/** @param voicesOf those of the speakers that are named. */
export function createReadyWords(
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  voicesOf: (speakers: readonly string[]) => readonly Voice[],
): ReadyWords {
  const wanted = (phrases: readonly Phrase[]) =>
    phrases.flatMap(({ text, speakers }) => voicesOf(speakers).map((voice) => ({ text, voice })));
  return {
    async prepare(phrases) {
      for (const { text, voice } of wanted(phrases)) {
        await voice.prepare({ kind: "text", text }).catch((error: unknown) => {
          log.error({ code: errorCode(error), text }, "a warning could not be made ready");
        });
      }
    },
    async rehearse(phrases) {
      const ready = Promise.all(
        wanted(phrases).map(({ text, voice }) => voice.prepare({ kind: "text", text })),
      );
      // A voice that is slow today can say it all the same.
      await within<unknown>(clock, REHEARSAL_MS, "making words ready", ready).catch((error: unknown) => {
        if (error instanceof GatewayError && error.kind === "permanent") throw error;
        log.warn({ code: errorCode(error) }, "words are not made ready yet");
      });
    },
  };
}
