import type { BroadcastContent } from "../../../core/broadcast.ts";
import { type Phrase, phrase } from "./phrase.ts";

/** What sounds, in a few words. */
export function contentPhrase(content: BroadcastContent): Phrase {
  switch (content.kind) {
    case "text":
      return phrase("speak.content.text", { text: content.text });
    case "clip":
      return phrase("speak.content.clip", { name: content.name });
    case "live":
      return phrase("speak.content.live");
  }
}
