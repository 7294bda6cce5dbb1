import { reactive, ref } from "vue";
import type { AlarmView, VillageState } from "../../../core/village.ts";
import type { HandedOver } from "../words/broadcast-outcome.ts";
import { createWishIds } from "../words/wish-ids.ts";
import { call, codeOf, isRefusal } from "./http.ts";
import { newId } from "./new-id.ts";
import { whenSomebodyElseComes } from "./next-person.ts";
import { ownVoice } from "./own-voice.ts";
import { cleaned } from "./speak-text.ts";

export const VOLUMES = { low: 40, middle: 70, high: 100 } as const;
export type VolumeName = keyof typeof VOLUMES;

interface Draft {
  text: string;
  /** Null until somebody chose: then it is every horn. */
  speakers: readonly string[] | null;
  repeat: number;
  volume: VolumeName;
  alarm: { id: string; seq: number } | undefined;
  emergency: boolean;
  /** Why it is one. */
  reason: string;
  confirmed: boolean;
}

function blank(): Draft {
  return {
    ...{ text: "", speakers: null, repeat: 2, volume: "middle" },
    ...{ alarm: undefined, emergency: false, reason: "", confirmed: false },
  };
}

/** What somebody is about to say; outside the components, so that a log-in in between does not lose it. */
export const draft = reactive<Draft>(blank());

const sending = ref(false);
/** Code of why the last attempt failed. */
const failure = ref<string>();
/** The last broadcast that was handed over from here. */
const handedOver = ref<HandedOver>();

export const speaking = { sending, failure, handedOver };

const ids = createWishIds(newId, () => performance.now());

whenSomebodyElseComes(() => {
  Object.assign(draft, blank());
  failure.value = undefined;
  handedOver.value = undefined;
  ids.answered();
});

/** It was said, in writing or by voice: what comes next is no emergency, and about no alarm, unless somebody says so again. */
export function draftIsSaid(): void {
  const { alarm, emergency, reason, confirmed } = blank();
  Object.assign(draft, { alarm, emergency, reason, confirmed });
}

/** Hands the draft to the box. A repeated attempt after a failure is the same broadcast. */
export async function speak(speakers: readonly string[]): Promise<void> {
  sending.value = true;
  failure.value = undefined;
  handedOver.value = undefined;
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
    const isHeldBack = draft.emergency && !ownVoice().isByHand;
    handedOver.value = { id: accepted.id, speakers, isHeldBack };
    draft.text = "";
    draftIsSaid();
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

/** Prepares what the alarm's own rule would say next, on its own horns. */
export function prepareFor(
  alarm: AlarmView,
  { rules, speakers }: Pick<VillageState, "rules" | "speakers">,
): void {
  const rule = rules.find(({ id }) => id === alarm.rule);
  const saying = rule?.escalate.find(({ text }) => text !== undefined) ?? rule?.say[0];
  const known = new Set(speakers.map(({ speaker }) => speaker));
  const horns = saying?.speakers?.filter((id) => known.has(id)) ?? [];
  if (saying?.text !== undefined && draft.text.trim() === "") draft.text = saying.text;
  if (horns.length > 0) draft.speakers = horns;
  draft.alarm = { id: alarm.id, seq: alarm.seq };
}
