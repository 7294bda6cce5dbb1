import { type Voice, voiceOf } from "../words/horns-now.ts";
import { session } from "./session-store.ts";

/** As what the box takes the words of whoever sits here. */
export function ownVoice(): Voice {
  return voiceOf(session.role.value, session.desk.value !== undefined);
}
