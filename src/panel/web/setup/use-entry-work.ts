import { computed, ref, watch } from "vue";
import type { SetUpEntry, WrittenEntry } from "../../../core/set-up.ts";
import { codeOf, ProblemError } from "../api/http.ts";
import { newId } from "../api/new-id.ts";
import { loadProgrammes, programmes } from "../api/programme-store.ts";
import { changeSetUp, lookAtSetUp, placeKey, restoreSetUp, setUp, setUpDrafts } from "../api/set-up-store.ts";
import { useWords } from "../i18n.ts";
import { useVillage } from "../parts/use-village.ts";
import {
  type EntryWays,
  type EntryWork,
  isKept,
  isSameEntry,
  onTopOfEntry,
  usersOf,
} from "../words/entry-work.ts";

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
}

/** Where a draft of a new entry is kept. */
export function newKey(list: DeviceList, like = ""): string {
  return `${placeKey({ list, id: like })}/new`;
}

/** One entry while a form changes it: what is typed, what others do to it meanwhile, and what the box says to it. */
export function useEntryWork<Draft extends object>(
  { list, id: given, like, first, stem }: EntryOrigin,
  ways: EntryWays<Draft>,
) {
  const { t, reason } = useWords();
  const { state } = useVillage();
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
  const current = computed(() => (id.value === undefined ? undefined : standing(id.value)));
  /** What a sensor or speaker of old that is gone has left behind, as its curve, is not another's: never an id that there was before. */
  const fresh = keptAt(key.value)?.id ?? `${stem}-${newId().slice(0, 12)}`;
  const work = computed<EntryWork<Draft> | undefined>(() => {
    const kept = keptAt(key.value);
    if (kept && isChanged(kept)) return kept;
    const base = id.value === undefined ? first() : current.value?.entry;
    return base && { base, draft: ways.draftOf(base) };
  });
  const isDirty = computed(() => work.value !== undefined && isChanged(work.value));
  /** Somebody else was quicker with the same entry, while something is changed here. */
  const theirs = computed<SetUpEntry | undefined>(() => {
    if (id.value === undefined || !setUp.view.value || !work.value || !isDirty.value) return undefined;
    const { base } = work.value;
    // One that was added on the page leaves nothing behind when it is taken out.
    const now = current.value ?? { list, id: id.value, entry: base, origin: "removed" as const };
    const isThere = now.origin !== "removed" || revives.value;
    return isThere && isSameEntry(now.entry, base) ? undefined : now;
  });
  /** What would not be in order, or not work, without it. */
  const users = computed(() => {
    if (!setUp.view.value || id.value === undefined) return [];
    const elsewhere = { cameras: state.value.cameras, programmes: programmes.list.value };
    return usersOf(setUp.view.value, list, id.value, elsewhere);
  });

  if (list === "speakers") void loadProgrammes();
  watch(setUp.view, meetOwn, { immediate: true });

  function standing(wanted: string): SetUpEntry | undefined {
    return setUp.view.value?.entries.find((one) => one.list === list && one.id === wanted);
  }

  function keptAt(at: string): EntryWork<Draft> | undefined {
    return setUpDrafts.get(at) as unknown as EntryWork<Draft> | undefined;
  }

  /** What was saved, and whose answer was lost, is no other's. */
  function meetOwn(): void {
    const found = standing(id.value ?? fresh);
    const kept = keptAt(key.value);
    if (isBusy.value || !found || !kept) return;
    if (id.value === undefined && found.origin !== "removed") settle(fresh);
    else if (isKept(found, kept, ways)) setUpDrafts.delete(key.value);
  }

  /** The entry stands there as it was saved. What was typed since then goes on from it. */
  function settle(target: string): void {
    const kept = keptAt(key.value);
    setUpDrafts.delete(key.value);
    id.value = target;
    const found = current.value;
    if (kept && found && !isKept(found, kept, ways)) keep({ base: found.entry, draft: kept.draft });
  }

  function isChanged({ base, draft }: EntryWork<Draft>): boolean {
    return JSON.stringify(ways.draftOf(base)) !== JSON.stringify(draft);
  }

  function keep(next: EntryWork<Draft>): void {
    const isNew = id.value === undefined;
    if (isChanged(next)) setUpDrafts.set(key.value, { ...next, ...(isNew && { id: fresh }) });
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

  /** @param act whether it did so. */
  async function attempt(what: NonNullable<typeof done.value>, act: () => Promise<boolean>): Promise<void> {
    if (isBusy.value) return;
    isBusy.value = true;
    failure.value = "";
    try {
      const before = keptAt(key.value);
      if (!(await act())) return;
      if (keptAt(key.value) === before) setUpDrafts.delete(key.value);
      if (!isDirty.value) done.value = what;
    } catch (error) {
      failure.value = told(error);
      if (codeOf(error) === "set_up.changed") await lookAtSetUp();
    } finally {
      isBusy.value = false;
      meetOwn();
    }
  }

  async function save(): Promise<void> {
    const now = work.value;
    if (!now) return;
    const target = id.value ?? fresh;
    await attempt("saved", async () => {
      await changeSetUp([{ list, id: target, entry: ways.entryOf(now.base, now.draft) }]);
      settle(target);
      return true;
    });
  }

  async function remove(): Promise<void> {
    await attempt("removed", async () => {
      // Somebody may have written a programme since this was opened; where that cannot be known, nothing is taken out.
      if (list === "speakers") await loadProgrammes();
      const unknown = list === "speakers" ? programmes.failure.value : undefined;
      if (unknown !== undefined) failure.value = t("setUp.failed", { reason: reason(unknown) });
      if (unknown !== undefined || users.value.length > 0) return false;
      await changeSetUp([{ list, id: id.value ?? "", entry: null }]);
      return true;
    });
  }

  async function restore(): Promise<void> {
    await attempt("restored", async () => {
      await restoreSetUp([{ list, id: id.value ?? "" }]);
      return true;
    });
  }

  return {
    ...{ list, id, current, work, users, isDirty, theirs, isBusy, failure, done },
    ...{ change, discard, save, remove, restore },
    takeTheirs: discard,
    keepMine(): void {
      const [now, mine] = [theirs.value, work.value];
      if (!now || !mine) return;
      revives.value = now.origin === "removed";
      keep(onTopOfEntry(now.entry, mine, ways));
    },
  };
}

/** What the frame of a form needs of it, whatever the form asks for. */
export type EntryInWork = Omit<ReturnType<typeof useEntryWork<object>>, "change" | "work">;
