import { reactive, ref } from "vue";
import { EVERY_DAY, minuteOf, timeOfDay } from "../words/weekly.ts";
import { whenSomebodyElseComes } from "./next-person.ts";
import { bodyOf, type ProgrammeBody, type ProgrammeView } from "./programme-store.ts";
import { cleaned } from "./speak-text.ts";

// A programme that somebody writes; outside the components, so that a log-in in between does not lose it.

export const VOLUMES = { low: 40, middle: 60, high: 90 } as const;
export type VolumeName = keyof typeof VOLUMES;

export const draft = reactive({
  name: "",
  kind: "text" as "text" | "clip",
  text: "",
  clip: "",
  speakers: [] as readonly string[],
  days: EVERY_DAY,
  /** As fields of the type `time` have them. */
  times: ["07:00"],
  season: undefined as { from: number; to: number } | undefined,
  repeat: 1,
  volume: VOLUMES.middle as number,
  resumes: true,
});

/** What is being written: a new one, or over one that was read; undefined while nothing is. */
export const editing = ref<{ readonly id?: string; readonly version: number }>();

/** Whether the form is put aside; whoever began goes on with it. */
export const isAside = ref(false);

whenSomebodyElseComes(endEditing);

export function endEditing(): void {
  editing.value = undefined;
  isAside.value = false;
}

export function beginNew(speakers: readonly string[]): void {
  Object.assign(draft, {
    ...{ name: "", kind: "text", text: "", clip: "", speakers: [...speakers] },
    ...{ days: EVERY_DAY, times: ["07:00"], season: undefined, repeat: 1, resumes: true },
    volume: VOLUMES.middle,
  });
  editing.value = { version: 0 };
}

export function beginChange(programme: ProgrammeView): void {
  const { text, clip, minutes, season, whenPreempted, ...rest } = bodyOf(programme);
  Object.assign(draft, {
    ...rest,
    kind: clip === undefined ? "text" : "clip",
    text: text ?? "",
    clip: clip ?? "",
    times: minutes.map(timeOfDay),
    season: season && { ...season },
    resumes: whenPreempted === "resume",
  });
  editing.value = { id: programme.id, version: programme.version };
}

/** Why it cannot be handed over yet, as the end of a key of `horn.programmes.form.missing`; undefined when nothing is missing. */
export function missing(): string | undefined {
  if (draft.name.trim() === "") return "name";
  if (draft.kind === "text" && draft.text.trim() === "") return "text";
  if (draft.kind === "clip" && draft.clip === "") return "clip";
  if (draft.speakers.length === 0) return "speakers";
  if (draft.days.length === 0) return "days";
  return draft.times.every((time) => minuteOf(time) === undefined) ? "times" : undefined;
}

export function draftBody(): ProgrammeBody {
  const { kind, season, speakers, days, repeat, volume } = draft;
  const minutes = draft.times.flatMap((time) => minuteOf(time) ?? []);
  return {
    ...{ speakers, days, repeat, volume, minutes: [...new Set(minutes)].sort((a, b) => a - b) },
    name: cleaned(draft.name),
    ...(kind === "text" ? { text: cleaned(draft.text) } : { clip: draft.clip }),
    ...(season && { season }),
    whenPreempted: draft.resumes ? "resume" : "drop",
  };
}
