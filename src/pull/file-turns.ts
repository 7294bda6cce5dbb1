import { isAbort } from "../core/errors.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { Turns } from "../core/turns.ts";

/** So long a box has its turn where others wait for theirs. */
const TURN_MS = 30_000;

/**
 * Works in one turn after the other until all is done, so that neither a long row of files nor one that drips keeps the others from
 * theirs, however slow or fast the line is.
 * @param work says whether all is done. Its signal aborts when the turn is another's: what was begun goes on in a later one.
 */
export async function inFileTurns(
  { clock, turns }: { readonly clock: Clock; readonly turns: Turns },
  work: (over: AbortSignal) => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  async function oneTurn(): Promise<boolean> {
    const over = new AbortController();
    const end = (): void => over.abort();
    const watch = (): Timer =>
      clock.after(TURN_MS, () => {
        if (turns.promise()) end();
        else timer = watch();
      });
    let timer = watch();
    signal.addEventListener("abort", end, { once: true });
    if (signal.aborted) end();
    try {
      return await work(over.signal);
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", end);
    }
  }

  try {
    for (let isDone = false; !isDone && !signal.aborted; ) isDone = await turns.take(oneTurn, signal);
  } catch (error) {
    // A box whose line is lost does not stay in the row: what it waits for would come behind the files of others.
    if (!signal.aborted || !isAbort(error)) throw error;
  }
}
