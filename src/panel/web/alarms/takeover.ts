import { reactive, readonly, ref } from "vue";
import type { AlarmView } from "../../../core/village.ts";
import { talk } from "../api/talk-store.ts";
import { coversPage } from "../look/camera-window.ts";
import { alarmOnPage, keyOf } from "../words/takeover.ts";

const shown = ref<string>();
const putOff = reactive(new Set<string>());

/** Id of the alarm that has the page. */
export const alarmShown = readonly(shown);
/** Keys of alarms that have been put off here. */
export const alarmsPutOff = readonly(putOff);

/** A word half typed, or half spoken, is not cut off; nor is a look at a camera, which is likely because of the alarm. */
function isBusy(): boolean {
  if (talk.status.value !== "idle" || coversPage.value) return true;
  if (document.querySelector("dialog[open]:not(.takeover)")) return true;
  return document.activeElement?.matches("textarea, input:not([type=radio], [type=checkbox])") ?? false;
}

export function considerAlarms(alarms: readonly AlarmView[]): void {
  shown.value = alarmOnPage(shown.value, putOff, alarms, isBusy());
}

export function showAlarm({ id }: Pick<AlarmView, "id">): void {
  shown.value = id;
}

/** Gives the page back; what nobody has seen to is still told of at its top. */
export function putAlarmOff(alarms: readonly AlarmView[]): void {
  for (const alarm of alarms) putOff.add(keyOf(alarm));
  shown.value = undefined;
}
