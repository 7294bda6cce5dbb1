import type { SetUpEntry, SetUpPlace, SetUpView, WrittenEntry } from "../../../core/set-up.ts";

/** How an entry and its form are made of each other. Of what the form does not know, nothing is lost. */
export interface EntryWays<Draft extends object> {
  draftOf(entry: WrittenEntry): Draft;
  entryOf(base: WrittenEntry, draft: Draft): WrittenEntry;
}

/** An entry while it is changed, and the one that the change was made on. */
export interface EntryWork<Draft> {
  readonly base: WrittenEntry;
  readonly draft: Draft;
}

export function isSameEntry(one: WrittenEntry, other: WrittenEntry): boolean {
  return sorted(one) === sorted(other);
}

/** The same changes on the entry as somebody else has left it meanwhile. */
export function onTopOfEntry<Draft extends object>(
  theirs: WrittenEntry,
  { base, draft }: EntryWork<Draft>,
  { draftOf }: EntryWays<Draft>,
): EntryWork<Draft> {
  const before = draftOf(base);
  const keys = Object.keys(draft) as (keyof Draft)[];
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(draft[key]));
  const mine = Object.fromEntries(changed.map((key) => [key, draft[key]])) as Partial<Draft>;
  return { base: theirs, draft: { ...draftOf(theirs), ...mine } };
}

/** The entries of a list that are in force. */
export function actingEntries(view: SetUpView, list: SetUpPlace["list"]): readonly SetUpEntry[] {
  return view.entries.filter((one) => one.list === list && one.origin !== "removed");
}

/** An id that nothing has or had: `sensor-2`. @param taken beside those of the set-up. */
export function freeId(
  { entries, leftOut }: Pick<SetUpView, "entries" | "leftOut">,
  list: SetUpPlace["list"],
  stem: string,
  taken: readonly string[] = [],
): string {
  const set = [...entries, ...leftOut].filter((one) => one.list === list).map(({ id }) => id);
  const ids = new Set([...set, ...taken]);
  let number = 1;
  while (ids.has(`${stem}-${number}`)) number++;
  return `${stem}-${number}`;
}

/** What speaks of an entry, and would not be in order without it. */
export interface EntryUser {
  readonly list: SetUpPlace["list"];
  readonly id: string;
  readonly camera?: string | undefined;
  /** As the file has it; of a rule there may be none. */
  readonly name: string;
}

/** Keys under which an entry of the list is spoken of. */
const KEYS = { sensors: "sensor", speakers: "on" } as const;

export function usersOf(view: SetUpView, list: keyof typeof KEYS, id: string): readonly EntryUser[] {
  return view.entries
    .filter(({ origin, entry }) => origin !== "removed" && speaksOf(entry, KEYS[list], id))
    .map(({ list: where, id: user, camera, entry }) => ({
      ...{ list: where, id: user, ...(camera !== undefined && { camera }) },
      name: textOf(entry, "name"),
    }));
}

function speaksOf(value: unknown, key: string, id: string): boolean {
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(
    ([at, one]) => (at === key && [one].flat().includes(id)) || speaksOf(one, key, id),
  );
}

export function textOf(entry: WrittenEntry, key: string): string {
  const value = entry[key];
  return typeof value === "string" ? value : "";
}

/** NaN where none is written. */
export function numberOf(entry: WrittenEntry, key: string, otherwise = Number.NaN): number {
  const value = entry[key];
  return typeof value === "number" ? value : otherwise;
}

/** An entry without keys that say nothing. */
export function whatIsSaid(entry: WrittenEntry): WrittenEntry {
  return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
}

/** What a field says, or nothing where the file says nothing and the usual is meant. */
export function unlessUsual<T>(written: unknown, value: T, usual: T): T | undefined {
  return written === undefined && value === usual ? undefined : value;
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}
