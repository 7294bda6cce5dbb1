import type { ProgrammeView } from "../../../core/programme.ts";
import type { SetUpEntry, SetUpPlace, SetUpView, WrittenEntry } from "../../../core/set-up.ts";
import type { CameraView } from "../../../core/village.ts";

/** How an entry and its form are made of each other. Of what the form does not know, nothing is lost. */
export interface EntryWays<Draft extends object> {
  draftOf(entry: WrittenEntry): Draft;
  entryOf(base: WrittenEntry, draft: Draft): WrittenEntry;
}

/** An entry while it is changed, and the one that the change was made on. */
export interface EntryWork<Draft> {
  /** Of a new one: the same each time that it is saved, so that an answer that is lost makes no second one. */
  readonly id?: string | undefined;
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

/** Whether what is typed stands there by now: the answer that told so was lost. */
export function isKept<Draft extends object>(
  { id, entry, origin }: SetUpEntry,
  { base, draft }: EntryWork<Draft>,
  { entryOf }: EntryWays<Draft>,
): boolean {
  if (origin === "removed" || isSameEntry(entry, base)) return false;
  return isSameEntry(entry, { ...entryOf(base, draft), id });
}

/** What speaks of an entry, and would not be in order without it. */
export interface EntryUser {
  readonly list: SetUpPlace["list"] | "programmes";
  readonly id: string;
  readonly camera?: string | undefined;
  /** As the file or whoever made it has it; of a rule there may be none. */
  readonly name: string;
}

/** Keys under which an entry of the list is spoken of. */
const KEYS = { sensors: "sensor", speakers: "on" } as const;

/** What people made elsewhere than in the set-up, and the set-up's own check knows nothing of. */
export interface MadeElsewhere {
  readonly cameras: readonly Pick<CameraView, "id" | "zones">[];
  readonly programmes: readonly Pick<ProgrammeView, "id" | "name" | "speakers">[];
}

/** What speaks of the entry, once each: where a zone does so as it is written and as it is drawn, it is told as drawn. */
export function usersOf(
  view: SetUpView,
  list: keyof typeof KEYS,
  id: string,
  { cameras, programmes }: MadeElsewhere,
): readonly EntryUser[] {
  const drawn = list === "sensors" ? cameras.flatMap((camera) => zonesAlong(camera, id)) : [];
  const calling = list === "speakers" ? programmes.filter(({ speakers }) => speakers.includes(id)) : [];
  return [
    ...entriesThatUse(view, list, id).filter((one) => !drawn.some((zone) => isSamePlace(one, zone))),
    ...drawn,
    ...calling.map(({ id: user, name }) => ({ list: "programmes" as const, id: user, name })),
  ];
}

function zonesAlong({ id: camera, zones }: MadeElsewhere["cameras"][number], sensor: string): EntryUser[] {
  return zones
    .filter(({ waterline }) => waterline?.sensor === sensor)
    .map(({ id, name }) => ({ list: "zones", id, camera, name }));
}

function isSamePlace(one: EntryUser, other: EntryUser): boolean {
  return one.list === other.list && one.id === other.id && one.camera === other.camera;
}

function entriesThatUse(view: SetUpView, list: keyof typeof KEYS, id: string): readonly EntryUser[] {
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
