import { computed, shallowRef, watch } from "vue";
import type { WrittenEntry } from "../../../core/set-up.ts";
import { session } from "../api/session-store.ts";
import { changeSetUp, placeKey, restoreSetUp, setUp, setUpDrafts } from "../api/set-up-store.ts";
import {
  typedOf,
  type UpstreamDraft,
  upstreamDraft,
  upstreamEntry,
  upstreamFault,
} from "../words/upstream-entry.ts";
import {
  isRivalled,
  isSettled,
  stillTyped,
  type UpstreamWork,
  withoutPageSecrets,
} from "../words/upstream-work.ts";

/** An upstream while a form changes it, and what others do to it meanwhile. @param upstream its id; empty for one that is new. */
export function useUpstreamWork(upstream: string) {
  const isNew = upstream === "";
  const place = { list: "upstreams", id: upstream } as const;
  const key = placeKey(place);

  const all = computed(() => setUp.view.value?.entries.filter(({ list }) => list === "upstreams") ?? []);
  /** Whatever became of it. */
  const entry = computed(() => all.value.find(({ id }) => id === upstream));
  /** As it is in force, whoever changed it; not one that was taken out. */
  const current = computed(() => (entry.value?.origin === "removed" ? undefined : entry.value));
  const stands = computed(() => current.value?.entry ?? null);
  const work = computed(() => setUpDrafts.get(key) as UpstreamWork | undefined);
  const last = shallowRef<WrittenEntry>();
  watch(
    stands,
    (now) => {
      if (now) last.value = now;
    },
    { immediate: true },
  );

  /** What the form begins with. */
  const before = computed(() => {
    const known = work.value?.last ?? last.value;
    return stands.value ?? (known && withoutPageSecrets(known));
  });
  const draft = computed<UpstreamDraft>(() => ({ ...upstreamDraft(before.value), ...work.value?.typed }));
  const isDirty = computed(() => work.value !== undefined);
  const taken = computed(() => all.value.map(({ id }) => id));
  const fault = computed(() =>
    upstreamFault(draft.value, isNew ? undefined : (before.value ?? {}), taken.value),
  );
  const theirs = computed(() => work.value !== undefined && isRivalled(work.value, stands.value));

  const isOwn = computed(() => {
    const there = all.value.find(({ id, origin }) => id === draft.value.id.trim() && origin !== "removed");
    return work.value && there?.by === session.username.value && isSettled(work.value, there.entry);
  });
  watch(isOwn, (is) => is && drop(), { immediate: true });

  function drop(): void {
    setUpDrafts.delete(key);
  }

  function keep(next: UpstreamWork): void {
    setUpDrafts.set(key, next);
  }

  function type(part: Partial<UpstreamDraft>): void {
    const typed = typedOf({ ...draft.value, ...part }, before.value);
    const { over, last: known } = work.value ?? { over: stands.value, last: last.value };
    if (Object.keys(typed).length === 0) drop();
    else keep({ typed, over, last: stands.value ?? known });
  }

  /** @throws ProblemError. */
  async function save(): Promise<void> {
    if (!work.value) return;
    const { id, entry: next, secrets } = upstreamEntry(draft.value, before.value);
    const sent = { ...work.value, last: before.value, isSent: true };
    keep(sent);
    await changeSetUp([{ list: "upstreams", id, entry: next }], secrets);
    const typedOn = work.value?.isSent ? undefined : work.value;
    const rest = typedOn && stillTyped(typedOn, sent, next);
    drop();
    if (rest) setUpDrafts.set(placeKey({ list: "upstreams", id }), rest);
  }

  /** What is typed while it goes away stays. */
  async function dropAfter(act: () => Promise<void>): Promise<void> {
    const known = work.value;
    await act();
    if (work.value === known) drop();
  }

  return {
    ...{ isNew, entry, current, before, draft, isDirty, fault, theirs },
    ...{ type, save, discard: drop },
    restore: () => dropAfter(() => restoreSetUp([place])),
    remove: () => dropAfter(() => changeSetUp([{ ...place, entry: null }])),
    /** What somebody else did was seen, and what is typed is to lie over it. */
    keepMine(): void {
      if (work.value) keep({ ...work.value, over: stands.value });
    },
  };
}
