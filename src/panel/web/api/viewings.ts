import { codeOf } from "./http.ts";
import { openViewing, type Span } from "./playback.ts";

interface Opened {
  readonly span: Span;
  readonly id: Promise<string>;
}

/** The viewings of one camera for one sitting. */
export interface Viewings {
  /**
   * Does what needs a viewing of that moment, in the one that is open or in a new one. The box lets go of a viewing after an hour and
   * when it starts anew: then it is opened again, once, as why was said before.
   * @throws ProblemError.
   */
  within<T>(atMs: number, work: (viewing: string, span: Span) => Promise<T>): Promise<T>;
  /** For another reason, or another time. */
  forget(): void;
}

/** @param spanOf what of its time is going to be seen by who wants to see a moment: a day at the most. */
export function createViewings(
  camera: string,
  reason: () => string,
  spanOf: (atMs: number) => Span,
): Viewings {
  let opened: readonly Opened[] = [];

  function drop(old: Opened): void {
    opened = opened.filter((one) => one !== old);
  }

  function viewingOf(atMs: number): Opened {
    const known = opened.find(({ span }) => atMs >= span.fromMs && atMs < span.toMs);
    if (known) return known;
    const span = spanOf(atMs);
    const one: Opened = { span, id: openViewing(camera, span, reason()) };
    opened = [...opened, one];
    // Whoever waits for it is told; the next asks anew.
    one.id.catch(() => drop(one));
    return one;
  }

  return {
    async within(atMs, work) {
      const first = viewingOf(atMs);
      try {
        return await work(await first.id, first.span);
      } catch (error) {
        if (codeOf(error) !== "viewing.required") throw error;
        drop(first);
      }
      const anew = viewingOf(atMs);
      return work(await anew.id, anew.span);
    },
    forget() {
      opened = [];
    },
  };
}
