import { ref } from "vue";
import type { ProgrammeView as Programme } from "../../../core/programme.ts";
import { call, codeOf } from "./http.ts";

export interface ProgrammeView extends Programme {
  /** Absent where the recording is not on the shelf. */
  readonly clipName?: string;
}

interface TakenOut {
  readonly id: string;
  readonly name: string;
}

const list = ref<readonly ProgrammeView[]>([]);
/** Of the configuration, taken out by somebody. */
const takenOut = ref<readonly TakenOut[]>([]);
/** Code of why the last attempt failed. */
const failure = ref<string>();
/** What was taken out from here last, so that it can be put back. */
const undo = ref<ProgrammeView>();

export const programmes = { list, takenOut, failure, undo };

export async function loadProgrammes(): Promise<void> {
  try {
    [list.value, takenOut.value] = await Promise.all([
      call<readonly ProgrammeView[]>("GET", "/programmes"),
      call<readonly TakenOut[]>("GET", "/programmes/taken-out"),
    ]);
    failure.value = undefined;
  } catch (error) {
    failure.value = codeOf(error);
  }
}

async function change(method: string, id: string, what: string, body?: object): Promise<boolean> {
  try {
    const path = `/programmes/${encodeURIComponent(id)}/${what}`;
    const changed = await call<ProgrammeView>(method, path, body);
    list.value = list.value.map((one) => (one.id === id ? changed : one));
    failure.value = undefined;
    return true;
  } catch (error) {
    failure.value = codeOf(error);
    return false;
  }
}

export const skip = (id: string, local: string) => change("POST", id, "skips", { local });
export const unskip = (id: string, local: string) => change("DELETE", id, `skips/${local}`);
export const pause = (id: string, reason: string) => change("PUT", id, "pause", { reason });
export const resume = (id: string) => change("DELETE", id, "pause");

/** As the box takes it. */
export interface ProgrammeBody {
  readonly name: string;
  readonly text?: string;
  readonly clip?: string;
  readonly speakers: readonly string[];
  readonly days: readonly number[];
  readonly minutes: readonly number[];
  readonly season?: { readonly from: number; readonly to: number };
  readonly repeat: number;
  readonly volume: number;
  readonly whenPreempted: "resume" | "drop";
}

/** A new one, or over what was read as `version`. @throws ProblemError. */
export async function write(body: ProgrammeBody, over?: { id: string; version: number }): Promise<void> {
  if (over)
    await call("PUT", `/programmes/${encodeURIComponent(over.id)}`, { ...body, version: over.version });
  else await call("POST", "/programmes", body);
  await loadProgrammes();
}

export async function takeOut(programme: ProgrammeView): Promise<void> {
  const { id, version } = programme;
  try {
    await call("DELETE", `/programmes/${encodeURIComponent(id)}?version=${version}`);
    undo.value = programme;
    await loadProgrammes();
  } catch (error) {
    failure.value = codeOf(error);
  }
}

/** What was taken out, as it was. */
export async function putBack(programme: ProgrammeView): Promise<void> {
  try {
    const { id, isConfigured, version } = programme;
    if (isConfigured && version === 0) await call("POST", `/programmes/${encodeURIComponent(id)}/restore`);
    else await call("POST", "/programmes", { ...bodyOf(programme), id });
    undo.value = undefined;
    await loadProgrammes();
  } catch (error) {
    failure.value = codeOf(error);
  }
}

/** One of the configuration as that has it. */
export async function restore(id: string): Promise<void> {
  try {
    await call("POST", `/programmes/${encodeURIComponent(id)}/restore`);
    if (undo.value?.id === id) undo.value = undefined;
    await loadProgrammes();
  } catch (error) {
    failure.value = codeOf(error);
  }
}

export function bodyOf(programme: ProgrammeView): ProgrammeBody {
  const { name, text, clip, speakers, days, minutes, season, repeat, volume, whenPreempted } = programme;
  return {
    ...{ name, speakers, days, minutes, repeat, volume, whenPreempted },
    ...(text === undefined ? {} : { text }),
    ...(clip === undefined ? {} : { clip }),
    ...(season === undefined ? {} : { season }),
  };
}
