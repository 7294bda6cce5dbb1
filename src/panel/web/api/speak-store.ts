import { reactive, ref } from "vue";
import type { HandedOver } from "../words/broadcast-outcome.ts";
import { afterWords, blankDraft } from "../words/speak-draft.ts";
import { createWishIds } from "../words/wish-ids.ts";
import { call, codeOf, isRefusal } from "./http.ts";
import { newId } from "./new-id.ts";
import { whenSomebodyElseComes } from "./next-person.ts";
import { ownVoice } from "./own-voice.ts";
import { cleaned } from "./speak-text.ts";

export const VOLUMES = { low: 40, middle: 70, high: 100 } as const;
export type VolumeName = keyof typeof VOLUMES;

/** What somebody is about to say; outside the components, so that a log-in in between does not lose it. */
export const draft = reactive(blankDraft());

const sending = ref(false);
/** Code of why the last attempt failed. */
const failure = ref<string>();
/** The last broadcast that was handed over from here. */
const handedOver = ref<HandedOver>();

export const speaking = { sending, failure, handedOver };

const ids = createWishIds(newId, () => performance.now());

whenSomebodyElseComes(() => {
  Object.assign(draft, blankDraft());
  failure.value = undefined;
  handedOver.value = undefined;
  ids.answered();
});

/** Hands the draft to the box. A repeated attempt after a failure is the same broadcast. */
export async function speak(speakers: readonly string[]): Promise<void> {
  sending.value = true;
  failure.value = undefined;
  handedOver.value = undefined;
  const sent = { text: draft.text, alarm: draft.alarm };
  try {
    const wish = {
      speakers,
      text: cleaned(draft.text),
      repeat: draft.repeat,
      volume: VOLUMES[draft.volume],
      ...(draft.alarm ? { alarm: draft.alarm.id } : {}),
      ...(draft.emergency
        ? { emergency: true, confirmed: draft.confirmed, reason: cleaned(draft.reason) }
        : {}),
    };
    const accepted = await call<{ id: string }>("POST", "/broadcasts", { id: ids.of(wish), ...wish });
    ids.answered();
    const isHeldBack = wish.emergency === true && !ownVoice().isByHand;
    handedOver.value = { id: accepted.id, speakers, isHeldBack };
    Object.assign(draft, afterWords(draft, sent));
  } catch (error) {
    if (isRefusal(error)) ids.answered();
    failure.value = codeOf(error);
  } finally {
    sending.value = false;
  }
}

/** @returns the code of why it may still sound; undefined once it is over. */
export async function silence(broadcast: string): Promise<string | undefined> {
  try {
    await call("DELETE", `/broadcasts/${encodeURIComponent(broadcast)}`);
    return undefined;
  } catch (error) {
    const code = codeOf(error);
    // Ended by itself meanwhile.
    return code === "broadcast.unknown" ? undefined : code;
  }
}
