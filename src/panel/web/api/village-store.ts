import { readonly, ref, shallowRef } from "vue";
import type { VillageState } from "../../../core/village.ts";
import { API, villageAtDesk } from "./http.ts";
import { checkSession } from "./session-store.ts";

/** The box beats every 5 s; after this silence the line is dead, whatever the browser thinks. */
const SILENCE_MS = 12_000;
const REOPEN_MS = 2_500;

const state = shallowRef<VillageState>();
const connection = ref<"starting" | "open" | "lost">("starting");
/** The box's time by its own clock, as of now. */
const now = ref("");

/** When the box was last heard, by its own clock. `now` runs on without it: after a sleep of this device by as long as that was. */
const heardAt = ref("");

export const village = {
  state,
  connection: readonly(connection),
  now: readonly(now),
  heardAt: readonly(heardAt),
};

let stream: EventSource | undefined;
let silence: ReturnType<typeof setTimeout> | undefined;
let reopening: ReturnType<typeof setTimeout> | undefined;
let ticking: ReturnType<typeof setInterval> | undefined;
let heard: { readonly boxMs: number; readonly hereMs: number } | undefined;

/** Follows the village until `stopVillage`. */
export function startVillage(): void {
  stopVillage();
  open();
  ticking = setInterval(tick, 1_000);
}

export function stopVillage(): void {
  close();
  connection.value = "starting";
  clearInterval(ticking);
  ticking = undefined;
}

function open(): void {
  close();
  stream = new EventSource(`${API}/state/stream`);
  stream.addEventListener("message", ({ data }) => {
    const next = JSON.parse(data) as VillageState;
    hear(next.now);
    // What stands beside the village's page there is nothing of the desk's.
    state.value = villageAtDesk === undefined ? next : { ...next, companion: undefined };
  });
  stream.addEventListener("beat", ({ data }) => hear(JSON.parse(data) as string));
  stream.addEventListener("error", lose);
  silence = setTimeout(lose, SILENCE_MS);
}

function close(): void {
  stream?.close();
  stream = undefined;
  clearTimeout(silence);
  clearTimeout(reopening);
}

function hear(boxTime: string): void {
  connection.value = "open";
  heardAt.value = boxTime;
  heard = { boxMs: Date.parse(boxTime), hereMs: performance.now() };
  tick();
  clearTimeout(silence);
  silence = setTimeout(lose, SILENCE_MS);
}

function lose(): void {
  close();
  connection.value = state.value ? "lost" : "starting";
  // The stream's failure does not say whether the box is gone or the log-in; this call does.
  void checkSession();
  reopening = setTimeout(open, REOPEN_MS);
}

function tick(): void {
  if (!heard || connection.value !== "open") return;
  now.value = new Date(heard.boxMs + performance.now() - heard.hereMs).toISOString();
}
