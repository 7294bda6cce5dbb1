import { reactive, ref } from "vue";
import type { AlarmView, VillageState } from "../../../core/village.ts";
import { call, codeOf } from "./http.ts";
import { cleaned } from "./speak-text.ts";

export const VOLUMES = { low: 40, middle: 70, high: 100 } as const;
export type VolumeName = keyof typeof VOLUMES;

/** What somebody is about to say; outside the components, so that a log-in in between does not lose it. */
export const draft = reactive({
  text: "",
  /** Null until somebody chose: then it is every horn. */
  speakers: null as readonly string[] | null,
  repeat: 2,
  volume: "middle" as VolumeName,
  alarm: undefined as { id: string; seq: number } | undefined,
  emergency: false,
  /** Why it is one. */
  reason: "",
  confirmed: false,
});

const sending = ref(false);
/** Code of why the last attempt failed. */
const failure = ref<string>();
/** The last broadcast that was handed over from here. */
const handedOver = ref<{ readonly id: string; readonly speakers: readonly string[] }>();

export const speaking = { sending, failure, handedOver };

/** Hands the draft to the box. A repeated attempt after a failure is the same broadcast. */
export async function speak(speakers: readonly string[]): Promise<void> {
  sending.value = true;
  failure.value = undefined;
  handedOver.value = undefined;
  try {
    const accepted = await call<{ id: string }>("POST", "/broadcasts", {
      speakers,
      text: cleaned(draft.text),
      repeat: draft.repeat,
      volume: VOLUMES[draft.volume],
      ...(draft.alarm ? { alarm: draft.alarm.id } : {}),
      ...(draft.emergency
        ? { emergency: true, confirmed: draft.confirmed, reason: cleaned(draft.reason) }
        : {}),
    });
    handedOver.value = { id: accepted.id, speakers };
    draft.text = "";
    draft.alarm = undefined;
    draft.emergency = false;
    draft.confirmed = false;
    draft.reason = "";
  } catch (error) {
    failure.value = codeOf(error);
  } finally {
    sending.value = false;
  }
}

export async function silence(broadcast: string): Promise<void> {
  // Whatever the answer, the speakers' own state is what the page goes on to show.
  await call("DELETE", `/broadcasts/${encodeURIComponent(broadcast)}`).catch(() => undefined);
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
