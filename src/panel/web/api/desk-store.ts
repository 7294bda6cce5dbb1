import { reactive, readonly, ref, shallowRef } from "vue";
import type { DeskActKind, DeskAlarm, DeskState } from "../../../core/township-desk.ts";
import { alarmKey } from "../words/desk-words.ts";
import { call, codeOf, DESK_STREAM } from "./http.ts";
import { whenSomebodyElseComes } from "./next-person.ts";
import { checkSession } from "./session-store.ts";

/** The desk beats every 5 s; after this silence the line is dead, whatever the browser thinks. */
const SILENCE_MS = 12_000;
const REOPEN_MS = 2_500;

const state = shallowRef<DeskState>();
const lost = ref(false);
/** The desk's time, as of now. */
const now = ref("");
/** By alarm, the code of why the last thing that somebody did with it failed. */
const failures = reactive(new Map<string, string>());

whenSomebodyElseComes(() => failures.clear());

export const desk = { state, lost: readonly(lost), now: readonly(now) };

let stream: EventSource | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;
let reopening: ReturnType<typeof setTimeout> | undefined;

/** Follows all villages until `stopDesk`. */
export function startDesk(): void {
  stopDesk();
  stream = new EventSource(DESK_STREAM);
  stream.addEventListener("message", ({ data }) => {
    const next = JSON.parse(data) as DeskState;
    state.value = next;
    hear(next.now);
  });
  stream.addEventListener("beat", ({ data }) => hear(JSON.parse(data) as string));
  stream.addEventListener("error", lose);
  silence = setTimeout(lose, SILENCE_MS);
}

export function stopDesk(): void {
  stream?.close();
  stream = undefined;
  clearTimeout(silence);
  clearTimeout(reopening);
}

/** Follows them no more, and says no more how they were: nobody would see that it is of long ago. */
export function leaveDesk(): void {
  stopDesk();
  state.value = undefined;
}

function hear(time: string): void {
  now.value = time;
  lost.value = false;
  clearTimeout(silence);
  silence = setTimeout(lose, SILENCE_MS);
}

function lose(): void {
  stopDesk();
  lost.value = state.value !== undefined;
  // The stream's failure does not say whether the desk is gone or the log-in; this call does.
  void checkSession();
  reopening = setTimeout(startDesk, REOPEN_MS);
}

const PATHS: Readonly<Record<DeskActKind, string>> = {
  acknowledge: "acknowledge",
  clear: "clear",
  note: "notes",
};

type AlarmAt = Pick<DeskAlarm, "box" | "id">;

export function failureOf(alarm: AlarmAt): string | undefined {
  return failures.get(alarmKey(alarm));
}

/** @returns whether it was done, or is kept until the village is back. */
export function actOn(alarm: AlarmAt, kind: DeskActKind, text?: string): Promise<boolean> {
  return attempt(alarm, "POST", PATHS[kind], text === undefined ? {} : { text });
}

/** Takes back what waits for the village, or puts away what it refused. @returns whether it was done. */
export function takeBack(alarm: AlarmAt, act: string): Promise<boolean> {
  return attempt(alarm, "DELETE", `acts/${encodeURIComponent(act)}`);
}

async function attempt(
  { box, id }: AlarmAt,
  method: "POST" | "DELETE",
  path: string,
  body?: object,
): Promise<boolean> {
  const key = alarmKey({ box, id });
  failures.delete(key);
  try {
    await call(method, `/boxes/${encodeURIComponent(box)}/alarms/${encodeURIComponent(id)}/${path}`, body);
    return true;
  } catch (error) {
    failures.set(key, codeOf(error));
    return false;
  }
}
