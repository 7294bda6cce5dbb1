import { ref, shallowRef } from "vue";
import { createWishIds } from "../words/wish-ids.ts";
import { API, call, codeOf, isRefusal } from "./http.ts";
import { newId } from "./new-id.ts";
import { whenSomebodyElseComes } from "./next-person.ts";
import { draft, speaking, VOLUMES } from "./speak-store.ts";
import { sendFile } from "./upload.ts";

export interface ClipView {
  readonly id: string;
  readonly name: string;
  readonly durationMs: number;
  readonly addedAt: string;
  readonly addedBy: {
    readonly kind: "rule" | "person" | "township" | "schedule" | "drill";
    readonly name: string;
  };
  readonly replaces?: string;
  /** Speakers that would cut it off. */
  readonly tooLongFor: readonly {
    readonly speaker: string;
    readonly name: string;
    readonly seconds: number;
  }[];
  readonly removedAt?: string;
}

interface Shelf {
  readonly clips: readonly ClipView[];
  readonly removed: readonly ClipView[];
  readonly usedBytes: number;
  readonly limits: {
    readonly maxSeconds: number;
    readonly maxUploadBytes: number;
    readonly maxBytes: number;
  };
}

const shelf = shallowRef<Shelf>();
/** Code of why the last thing did not succeed. */
const failure = ref<string>();
const upload = shallowRef<{ readonly name: string; readonly percent: number; readonly cancel: () => void }>();

export const clips = { shelf, failure, upload };

export async function refreshClips(): Promise<void> {
  try {
    shelf.value = await call<Shelf>("GET", "/clips");
  } catch (error) {
    failure.value = codeOf(error);
  }
}

/** Does something on the shelf and shows it as it is then; whether it succeeded. */
async function act(work: () => Promise<unknown>): Promise<boolean> {
  failure.value = undefined;
  try {
    await work();
    return true;
  } catch (error) {
    failure.value = codeOf(error);
    return false;
  } finally {
    await refreshClips();
  }
}

const path = (id: string): string => `/clips/${encodeURIComponent(id)}`;

export const audioOf = ({ id }: ClipView): string => `${API}${path(id)}/audio`;
export const changeClip = (id: string, change: { readonly name: string; readonly replaces: string }) =>
  act(() => call("PATCH", path(id), change));
export const removeClip = (id: string): Promise<boolean> => act(() => call("DELETE", path(id)));
export const restoreClip = (id: string): Promise<boolean> => act(() => call("POST", `${path(id)}/restore`));

const ids = createWishIds(newId, () => performance.now());
whenSomebodyElseComes(() => ids.answered());

/** Has the horns play it, as loud as the page is set to; once. A repeated attempt after a failure is the same broadcast. */
export const playClip = (clip: string, speakers: readonly string[]): Promise<boolean> =>
  act(async () => {
    const wish = { speakers, clip, volume: VOLUMES[draft.volume] };
    try {
      const accepted = await call<{ id: string }>("POST", "/broadcasts", { id: ids.of(wish), ...wish });
      ids.answered();
      speaking.handedOver.value = { id: accepted.id, speakers };
    } catch (error) {
      if (isRefusal(error)) ids.answered();
      throw error;
    }
  });

/** Sends a file to the box; its progress is in `upload`. */
export function sendClip(file: File, name: string): Promise<boolean> {
  const limit = shelf.value?.limits.maxUploadBytes ?? Number.POSITIVE_INFINITY;
  if (file.size > limit) {
    failure.value = "clips.too_large";
    return Promise.resolve(false);
  }
  return act(() => send(file, name).finally(() => (upload.value = undefined)));
}

async function send(file: File, name: string): Promise<void> {
  const sending = sendFile("POST", `/clips?${new URLSearchParams({ name })}`, file, (percent) => {
    upload.value = { name, percent, cancel: sending.cancel };
  });
  upload.value = { name, percent: 0, cancel: sending.cancel };
  await sending.done;
}
