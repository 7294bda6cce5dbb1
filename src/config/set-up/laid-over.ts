import { SET_UP_LISTS, type SetUpChange, type SetUpPlace, type WrittenEntry } from "../../core/set-up.ts";
import type { Problem } from "../problems.ts";

// What was changed on the page, laid over what stands in the file: both as plain values, before any schema.

type Written = Readonly<Record<string, unknown>>;

export interface Misfit<Change> {
  readonly change: Change;
  readonly problem: Problem;
}

export function isSamePlace(one: SetUpPlace, other: SetUpPlace): boolean {
  return one.list === other.list && one.id === other.id && one.camera === other.camera;
}

/** The entries of a list as they are written; of zones those of one camera. What is no list, or no entry, is passed over. */
export function writtenEntries(value: unknown, list: string, camera?: string): readonly WrittenEntry[] {
  const owner = list === "zones" ? entriesOf(value, "cameras").find(({ id }) => id === camera) : value;
  return entriesOf(owner, list);
}

export function writtenEntry(
  value: unknown,
  { list, id, camera }: Omit<SetUpPlace, "list"> & { readonly list: string },
): WrittenEntry | undefined {
  return writtenEntries(value, list, camera).find((entry) => entry["id"] === id);
}

/** A copy of the whole with one entry in its place, at the end where it is new, or without it. */
export function withChange(value: unknown, { list, id, camera, entry }: SetUpChange): Written {
  const root = value as Written;
  if (list !== "zones") return { ...root, [list]: withEntry(entriesOf(root, list), id, entry) };
  const cameras = entriesOf(root, "cameras").map((one) =>
    one["id"] === camera ? { ...one, zones: withEntry(entriesOf(one, "zones"), id, entry) } : one,
  );
  return { ...root, cameras };
}

export function laidOver(value: unknown, changes: readonly SetUpChange[]): unknown {
  return changes.reduce<unknown>(withChange, value);
}

/**
 * Lays changes over a value that is in order by itself; those with which it would not be are left out: one alone, where the others fit
 * together without it, else one after the other.
 * @param faultOf what is wrong with a whole value, if anything.
 */
export function layOver<Change extends SetUpChange>(
  value: unknown,
  changes: readonly Change[],
  faultOf: (value: unknown) => Problem | undefined,
): { readonly value: unknown; readonly leftOut: readonly Misfit<Change>[] } {
  const whole = laidOver(value, changes);
  // Nearly always; a file of fifty cameras takes a moment to be looked through.
  const fault = changes.length > 0 ? faultOf(whole) : undefined;
  if (!fault) return { value: whole, leftOut: [] };
  for (const change of changes) {
    const others = laidOver(
      value,
      changes.filter((one) => one !== change),
    );
    if (faultOf(others) === undefined) return { value: others, leftOut: [{ change, problem: fault }] };
  }
  let fitting = value;
  const leftOut: Misfit<Change>[] = [];
  for (const change of inOrder(changes)) {
    const next = withChange(fitting, change);
    const problem = faultOf(next);
    if (problem) leftOut.push({ change, problem });
    else fitting = next;
  }
  return { value: fitting, leftOut };
}

/** What others may speak of comes before them, and goes after them. */
function inOrder<Change extends SetUpChange>(changes: readonly Change[]): readonly Change[] {
  const rank = ({ list, entry }: Change): number => {
    const place = SET_UP_LISTS.indexOf(list);
    return entry === null ? 2 * SET_UP_LISTS.length - place : place;
  };
  return [...changes].sort((one, other) => rank(one) - rank(other));
}

function withEntry(
  entries: readonly WrittenEntry[],
  id: string,
  entry: WrittenEntry | null,
): readonly WrittenEntry[] {
  if (entry === null) return entries.filter((one) => one["id"] !== id);
  const written = { ...entry, id };
  const isThere = entries.some((one) => one["id"] === id);
  return isThere ? entries.map((one) => (one["id"] === id ? written : one)) : [...entries, written];
}

function entriesOf(owner: unknown, list: string): readonly WrittenEntry[] {
  const found = isRecord(owner) ? owner[list] : undefined;
  return Array.isArray(found) ? found.filter(isRecord) : [];
}

function isRecord(value: unknown): value is Written {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
