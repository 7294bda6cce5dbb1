import type { SetUpChange, SetUpPlace, SetUpView } from "../../../core/set-up.ts";
import { isSameEntry } from "./entry-work.ts";

// Whether the box did what it was asked to, where its answer got lost.

type Seen = Pick<SetUpView, "version" | "entries" | "leftOut">;

/** @param before as it stood when they were sent: an entry that says the same as before may still have a new secret. */
export function areTaken(changes: readonly SetUpChange[], before: Seen, now: Seen, by: string): boolean {
  if (now.version <= before.version) return false;
  return changes.every((change) => {
    const [was, is] = [entryAt(before, change), entryAt(now, change)];
    if (change.entry === null && is === undefined) return true;
    if (is?.by !== by || is.at === was?.at) return false;
    if (change.entry === null) return is.origin === "removed";
    return is.origin !== "removed" && isSameEntry(is.entry, { ...change.entry, id: change.id });
  });
}

/** Whoever did it: nothing is kept of the page any more there. */
export function areRestored(places: readonly SetUpPlace[], before: Seen, now: Seen): boolean {
  if (now.version <= before.version) return false;
  return places.every(
    (place) =>
      (entryAt(now, place)?.origin ?? "file") === "file" && !now.leftOut.some((one) => isAt(one, place)),
  );
}

function entryAt({ entries }: Seen, place: SetUpPlace) {
  return entries.find((one) => isAt(one, place));
}

function isAt(one: SetUpPlace, { list, id, camera }: SetUpPlace): boolean {
  return one.list === list && one.id === id && one.camera === camera;
}
