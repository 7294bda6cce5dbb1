import { computed, ref } from "vue";
import type { WrittenEntry } from "../../../core/set-up.ts";
import { codeOf, ProblemError } from "../api/http.ts";
import { changeSetUp, lookAtSetUp, placeKey, restoreSetUp, setUp, setUpDrafts } from "../api/set-up-store.ts";
import { useWords } from "../i18n.ts";
import { type EntryWays, type EntryWork, freeId, isSameEntry, onTopOfEntry } from "../words/entry-work.ts";

export type DeviceList = "sensors" | "speakers";

export interface EntryOrigin {
  readonly list: DeviceList;
  /** Of an entry that there is; without, it is a new one. */
  readonly id?: string | undefined;
  /** Of the entry that a new one is made like. */
  readonly like?: string | undefined;
  /** What a new one begins with. */
  readonly first: () => WrittenEntry;
  /** What the id of a new one begins with. */
  readonly stem: string;
  /** Ids that a new one may not have, beside those of the set-up. */
  readonly taken: () => readonly string[];
}

/** Where a draft of a new entry is kept. */
export function newKey(list: DeviceList, like = ""): string {
  return `${placeKey({ list, id: like })}/new`;
}

/** One entry while a form changes it: what is typed, what others do to it meanwhile, and what the box says to it. */
export function useEntryWork<Draft extends object>(
  { list, id: given, like, first, stem, taken }: EntryOrigin,
  ways: EntryWays<Draft>,
) {
  const { t, reason } = useWords();
  /** Of a new one from the time on that it was saved. */
  const id = ref(given);
  const isBusy = ref(false);
  const failure = ref("");
  /** Somebody took it out meanwhile, and it is to be there all the same. */
  const revives = ref(false);
  /** What was last done here, and is on its way into force. */
  const done = ref<"saved" | "removed" | "restored">();

  const key = computed(() =>
    id.value === undefined ? newKey(list, like) : placeKey({ list, id: id.value }),
  );
  const current = computed(() =>
    setUp.view.value?.entries.find((one) => one.list === list && one.id === id.value),
  );
  const work = computed<EntryWork<Draft> | undefined>(() => {
    const kept = setUpDrafts.get(key.value) as unknown as EntryWork<Draft> | undefined;
    if (kept && isChanged(kept)) return kept;
    const base = id.value === undefined ? first() : current.value?.entry;
    return base && { base, draft: ways.draftOf(base) };
  });
  const isDirty = computed(() => work.value !== undefined && isChanged(work.value));
  /** Somebody else was quicker with the same entry, while something is changed here. */
  const theirs = computed(() => {
    const now = current.value;
    if (!now || !work.value || !isDirty.value) return undefined;
    const isThere = now.origin !== "removed" || revives.value;
    return isThere && isSameEntry(now.entry, work.value.base) ? undefined : now;
  });

  function isChanged({ base, draft }: EntryWork<Draft>): boolean {
    return JSON.stringify(ways.draftOf(base)) !== JSON.stringify(draft);
  }

  function keep(next: EntryWork<Draft>): void {
    if (isChanged(next)) setUpDrafts.set(key.value, { ...next });
    else setUpDrafts.delete(key.value);
  }

  function change(part: Partial<Draft>): void {
    if (!work.value) return;
    const { base, draft } = work.value;
    failure.value = "";
    done.value = undefined;
    keep({ base, draft: { ...draft, ...part } });
  }

  function discard(): void {
    failure.value = "";
    setUpDrafts.delete(key.value);
  }

  function told(error: unknown): string {
    const detail = error instanceof ProblemError ? error.detail : undefined;
    if (codeOf(error) === "set_up.invalid" && detail) return t("setUp.invalid", { detail });
    return t("setUp.failed", { reason: reason(codeOf(error)) });
  }

  async function attempt(what: NonNullable<typeof done.value>, act: () => Promise<void>): Promise<void> {
    if (isBusy.value) return;
    isBusy.value = true;
    failure.value = "";
    try {
      await act();
      setUpDrafts.delete(key.value);
      done.value = what;
    } catch (error) {
      failure.value = told(error);
      if (codeOf(error) === "set_up.changed") await lookAtSetUp();
    } finally {
      isBusy.value = false;
    }
  }

  async function save(): Promise<void> {
    const [now, view] = [work.value, setUp.view.value];
    if (!now || !view) return;
    const target = id.value ?? freeId(view, list, stem, taken());
    await attempt("saved", async () => {
      await changeSetUp([{ list, id: target, entry: ways.entryOf(now.base, now.draft) }]);
      setUpDrafts.delete(key.value);
      id.value = target;
    });
  }

  async function remove(): Promise<void> {
    const place = { list, id: id.value ?? "" };
    await attempt("removed", () => changeSetUp([{ ...place, entry: null }]));
  }

  async function restore(): Promise<void> {
    await attempt("restored", () => restoreSetUp([{ list, id: id.value ?? "" }]));
  }

  return {
    ...{ list, id, current, work, isDirty, theirs, isBusy, failure, done },
    ...{ change, discard, save, remove, restore },
    takeTheirs: discard,
    keepMine(): void {
      if (!theirs.value || !work.value) return;
      revives.value = theirs.value.origin === "removed";
      keep(onTopOfEntry(theirs.value.entry, work.value, ways));
    },
  };
}

/** What the frame of a form needs of it, whatever the form asks for. */
export type EntryInWork = Omit<ReturnType<typeof useEntryWork<object>>, "change" | "work">;
