import { reactive, readonly, ref } from "vue";
import type { AlarmView } from "../../../core/village.ts";
import { whenSomebodyElseComes } from "../api/next-person.ts";
import { session } from "../api/session-store.ts";
import { talk } from "../api/talk-store.ts";
import { ASIDE, alarmOnPage, isCutOff, keyOf, TYPING_MS } from "../words/takeover.ts";

const shown = ref<string>();
const putOff = reactive(new Set<string>());

whenSomebodyElseComes(() => {
  putOff.clear();
  shown.value = undefined;
});

/** Id of the alarm that has the page. */
export const alarmShown = readonly(shown);
/** Keys of alarms that have been put off here. */
export const alarmsPutOff = readonly(putOff);

/** Dialogs in which people look at something say so by this attribute: an alarm lies over them. */
const LOOKED_AT = "[data-alarms=over]";
const FIELD = "textarea, input:not([type=radio], [type=checkbox])";

/** A timer may be a little early by the clock that is asked then. */
const TIMER_SLACK_MS = 50;

let lastKeyMs = Number.NEGATIVE_INFINITY;

function isBusy(): boolean {
  // Over a dialog an alarm lies already, once it has the page; what is begun in it is what counts then.
  const place = document.querySelector("dialog.takeover[open]") ?? document;
  return isCutOff({
    speaks: talk.status.value !== "idle",
    writes: place.querySelector(`dialog[open]:not(.takeover, ${LOOKED_AT})`) !== null,
    inField: document.activeElement?.matches(FIELD) ?? false,
    sinceKeyMs: performance.now() - lastKeyMs,
  });
}

/** Calls back whenever who was busy may be done: the focus went, a dialog was closed, no key came for a while. Returns how to stop. */
export function whenFree(consider: () => void): () => void {
  let later: ReturnType<typeof setTimeout> | undefined;
  const onKey = (): void => {
    lastKeyMs = performance.now();
    clearTimeout(later);
    later = setTimeout(consider, TYPING_MS + TIMER_SLACK_MS);
  };
  const soon = (): void => void requestAnimationFrame(consider);
  // Not `keydown` alone: a pinyin keyboard on glass, and a voice that is written down, tell by `input` only.
  const keys = ["keydown", "input"] as const;
  const ends = ["focusout", "close"] as const;
  for (const key of keys) document.addEventListener(key, onKey, { capture: true });
  for (const end of ends) document.addEventListener(end, soon, { capture: true });
  return () => {
    clearTimeout(later);
    for (const key of keys) document.removeEventListener(key, onKey, { capture: true });
    for (const end of ends) document.removeEventListener(end, soon, { capture: true });
  };
}

export function considerAlarms(alarms: readonly AlarmView[]): void {
  // Behind the log-in nothing may open: it would lie over it, unseen, and take its taps.
  if (session.status.value !== "in") return;
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

/** Where the page itself is wanted, what stood open above it when the alarm came is in its way: it is put aside, with what is written in it. */
export function putDialogsAside(): void {
  for (const dialog of document.querySelectorAll<HTMLDialogElement>("dialog[open]:not(.takeover)"))
    dialog.close(ASIDE);
}
