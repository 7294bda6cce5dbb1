import type { PullCursor } from "../core/pull-cursor.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Clock } from "../core/time.ts";
import type { TownshipBook } from "../core/township-desk.ts";
import { createTurns } from "../core/turns.ts";

/** A name has 64 signs at the boxes. */
const LONGEST_ID = 50;
/**
 * A name is left once in so long. Each that was left stays at every box for 30 days, and one box that says again and again that somebody
 * else has the name must not fill the places that the others have.
 */
const LEAVE_MS = 86_400_000;

export interface DeskCursor extends PullCursor {
  /** Whether a cursor is that of another desk with this id. */
  isNamesake(name: string): boolean;
  /** Somebody took the name while this run had it. */
  readonly lost: Signal<void>;
}

/**
 * Under which name the boxes keep for this desk what it has still to get. The holder is another one in each run: of two desks that go on
 * from one disk the second to speak to a box has the name, and the first finds out, leaves it, and goes on under a name of its own. So
 * neither lets go at a box what the other has still to get. A desk that was restored from a backup does the same: its name is found with
 * a run of which the backup does not know.
 */
export async function openDeskCursor(
  {
    book,
    newWord,
    onLeft,
    clock,
  }: {
    readonly book: Pick<TownshipBook, "cursor" | "beginRun" | "nameCursor">;
    /** Eight letters or digits that never come again. */
    readonly newWord: () => string;
    readonly onLeft: (from: string, to: string) => void;
    readonly clock: Clock;
  },
  { desk, copy }: { readonly desk: string; readonly copy: string },
): Promise<DeskCursor> {
  const base = `desk-${desk.slice(0, LONGEST_ID)}`;
  const { name: known, runs } = await book.cursor();
  const holder = `${copy}.${newWord()}`;
  await book.beginRun(holder);
  const lost = createSignal<void>();
  const leaving = createTurns(1);
  let name = known ?? base;
  let leftMs = Number.NEGATIVE_INFINITY;
  return {
    holder,
    lost,
    name: () => name,
    // Versions before had no runs.
    isOwn: (other) => other === holder || other === copy || runs.has(other),
    isNamesake: (other) => other !== name && (other === base || other.startsWith(`${base}.`)),
    async leave(taken, when) {
      if (when === "now") lost.emit();
      await leaving.take(async () => {
        const { monotonicMs } = clock.now();
        // Then the box that says so is told of as one whose place somebody else has, and gives nothing.
        if (taken !== name || monotonicMs - leftMs < LEAVE_MS) return;
        const next = `${base}.${newWord()}`;
        await book.nameCursor(next);
        name = next;
        leftMs = monotonicMs;
        onLeft(taken, next);
      });
    },
  };
}
