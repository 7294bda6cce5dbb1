import { reactive, readonly, ref } from "vue";
import type { SetUpChange, SetUpPlace, SetUpView, WrittenEntry } from "../../../core/set-up.ts";
import { areRestored, areTaken } from "../words/own-changes.ts";
import { call, codeOf, isRefusal } from "./http.ts";
import { whenSomebodyElseComes } from "./next-person.ts";
import { session } from "./session-store.ts";
import { lookAtWiringAnew } from "./wiring-store.ts";

/** From one question whether the gateway has started anew to the next. */
const ASK_EVERY_MS = 1000;
/** A box that is silent for longer than this does not only start anew. */
const LONGEST_START_MS = 60_000;
/** For so long it is told that all is well; by then the page has found the box again, too. */
const TELLS_FOR_MS = 8000;
/** What is known before the first look. */
const NOTHING = { version: 0, entries: [], leftOut: [] } as const;

/**
 * How a change comes into force: `waiting` for horns that sound, `starting` while nobody answers, `late` where that lasts, then `done`,
 * or `takenBack` where the gateway did not start with it.
 */
export type SetUpProgress = "waiting" | "starting" | "late" | "done" | "takenBack";

const view = ref<SetUpView>();
/** Code of why it could not be had. */
const failure = ref("");
const progress = ref<SetUpProgress>();
/** Whether a box that does not answer is no cause for alarm. */
const isSilenceExpected = ref(false);

export const setUp = { view, failure, progress, isSilenceExpected: readonly(isSilenceExpected) };

/** Entries that are being changed, by `placeKey`. Stays while the page does: a lost line or a closed window loses nothing typed. */
export const setUpDrafts = reactive(new Map<string, WrittenEntry>());

let following: ReturnType<typeof setTimeout> | undefined;
let telling: ReturnType<typeof setTimeout> | undefined;

whenSomebodyElseComes(() => {
  clearTimeout(following);
  clearTimeout(telling);
  view.value = undefined;
  failure.value = "";
  progress.value = undefined;
  isSilenceExpected.value = false;
  setUpDrafts.clear();
});

/** @param camera of a zone. */
export function placeKey({ list, id, camera = "" }: SetUpPlace): string {
  return `${list}/${camera}/${id}`;
}

export async function lookAtSetUp(): Promise<void> {
  try {
    take(await call<SetUpView>("GET", "/set-up"));
  } catch (error) {
    failure.value = codeOf(error);
  }
}

/**
 * Changes entries, all or none, and follows the start anew in `progress`.
 * @param secrets by the name by which the entries speak of them. @throws ProblemError.
 */
export async function changeSetUp(
  changes: readonly SetUpChange[],
  secrets: Readonly<Record<string, string>> = {},
): Promise<void> {
  const before = view.value ?? NOTHING;
  const { version } = before;
  try {
    take(await call<SetUpView>("POST", "/set-up/changes", { version, changes, secrets }));
  } catch (error) {
    await lookAtSetUp();
    // The answer may have been lost, and the gateway be on its way already.
    const by = session.username.value;
    if (codeOf(error) === "set_up.invalid" || !areTaken(changes, before, view.value ?? before, by))
      throw error;
  }
  follow();
}

/** Puts back what the configuration file says, as `changeSetUp`. @throws ProblemError. */
export async function restoreSetUp(places: readonly SetUpPlace[]): Promise<void> {
  const before = view.value ?? NOTHING;
  const { version } = before;
  try {
    take(await call<SetUpView>("POST", "/set-up/restore", { version, places: places.map(placeOf) }));
  } catch (error) {
    await lookAtSetUp();
    if (!areRestored(places, before, view.value ?? before)) throw error;
  }
  follow();
}

export function placeOf({ list, id, camera }: SetUpPlace): SetUpPlace {
  return { list, id, ...(camera !== undefined && { camera }) };
}

function take(next: SetUpView): void {
  failure.value = "";
  view.value = next;
}

function follow(): void {
  clearTimeout(following);
  clearTimeout(telling);
  const wanted = view.value?.version ?? 0;
  if (view.value?.running === wanted) {
    finish("done");
    return;
  }
  progress.value = "waiting";
  isSilenceExpected.value = true;
  let silentSinceMs: number | undefined;
  const ask = async (): Promise<void> => {
    try {
      take(await call<SetUpView>("GET", "/set-up"));
    } catch (error) {
      if (!isRefusal(error)) {
        silentSinceMs ??= performance.now();
        const isLate = performance.now() - silentSinceMs > LONGEST_START_MS;
        progress.value = isLate ? "late" : "starting";
        isSilenceExpected.value = !isLate;
      }
    }
    const { version, running, leftOut } = view.value ?? { version: 0, running: 0, leftOut: [] };
    if (running < wanted) following = setTimeout(() => void ask(), ASK_EVERY_MS);
    else finish(version > wanted && leftOut.some(({ why }) => why === "not-started") ? "takenBack" : "done");
  };
  following = setTimeout(() => void ask(), ASK_EVERY_MS);
}

/** What was taken back stays told of until somebody has seen it. */
function finish(how: "done" | "takenBack"): void {
  progress.value = how;
  telling = setTimeout(() => {
    isSilenceExpected.value = false;
    if (how === "done") progress.value = undefined;
  }, TELLS_FOR_MS);
  void lookAtWiringAnew();
}
