import type { InputView, VillageState } from "../../../core/village.ts";
import { isTriggered } from "./event-words.ts";
import type { Tone } from "./overall.ts";
import { type Phrase, phrase } from "./phrase.ts";

/** A contact's state in words: by the rules that watch it, where there are any. */
export function inputWords(
  { id, closed }: InputView,
  state: Pick<VillageState, "rules">,
): { readonly tone: Tone; readonly phrase: Phrase } {
  if (closed === null) return { tone: "care", phrase: phrase("input.unknown") };
  const triggered = isTriggered(state, id, closed);
  if (triggered === undefined)
    return { tone: "calm", phrase: phrase(closed ? "input.closed" : "input.open") };
  return triggered
    ? { tone: "alarm", phrase: phrase("input.triggered") }
    : { tone: "calm", phrase: phrase("input.calm") };
}
