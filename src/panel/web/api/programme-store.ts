import { ref } from "vue";
import type { ProgrammeView as Programme } from "../../../core/programme.ts";
import { call, codeOf } from "./http.ts";

export interface ProgrammeView extends Programme {
  /** Absent where the recording is not on the shelf. */
  readonly clipName?: string;
}

const list = ref<readonly ProgrammeView[]>([]);
/** Code of why the last attempt failed. */
const failure = ref<string>();

export const programmes = { list, failure };

export async function loadProgrammes(): Promise<void> {
  try {
    list.value = await call<readonly ProgrammeView[]>("GET", "/programmes");
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
