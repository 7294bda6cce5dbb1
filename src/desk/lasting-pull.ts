import { errorCode } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { BoxView, PullRun } from "../core/pull-view.ts";
import type { Clock } from "../core/time.ts";

/** So often it is tried whether there is room again. */
const AGAIN_MS = 30_000;
/** In the log, of what a box made be said. */
const LONGEST_DETAIL = 300;

/** Pulls for as long as the desk runs. A disk that is full is waited out: what the villages have stays with them. */
export interface LastingPull {
  /** Resolves when `signal` aborts. @throws GatewayError `copy.unwritable` and the like: nothing can be pulled any more. */
  run(signal: AbortSignal): Promise<void>;
  wake(box: string): void;
  /** Whether nothing is taken in for want of room. */
  isFull(): boolean;
}

export function createLastingPull({
  open,
  onView,
  onChange,
  clock,
  log,
}: {
  readonly open: () => PullRun;
  readonly onView: (view: BoxView) => void;
  readonly onChange: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}): LastingPull {
  let pull: PullRun | undefined;
  let isFull = false;
  /** Why nothing comes of a box, as it was said last. */
  const said = new Map<string, string>();

  /** The page has no more than the code, which does not tell a mistake of ours from one of the box. */
  function say({ box, phase, reason, detail }: BoxView): void {
    if (phase === "listening") said.delete(box);
    if (reason === undefined || said.get(box) === reason) return;
    said.set(box, reason);
    log.warn({ box, code: reason, detail: detail?.slice(0, LONGEST_DETAIL) }, "nothing comes of a box");
  }

  function become(full: boolean): void {
    if (full === isFull) return;
    isFull = full;
    if (full) log.error({}, "the disk is full: nothing more is taken in");
    else log.info({}, "there is room again");
    onChange();
  }

  return {
    isFull: () => isFull,
    wake: (box) => pull?.wake(box),
    async run(signal) {
      while (!signal.aborted) {
        pull = open();
        const startedMs = clock.now().monotonicMs;
        const stop = pull.changes.on((view) => {
          // Small events may still find room where a file does not.
          if (view.events > 0 && clock.now().monotonicMs - startedMs > AGAIN_MS) become(false);
          say(view);
          onView(view);
        });
        try {
          await pull.run(signal);
          return;
        } catch (error) {
          if (errorCode(error) !== "copy.full") throw error;
          become(true);
          await clock.sleep(AGAIN_MS, signal).catch(() => undefined);
        } finally {
          stop();
        }
      }
    },
  };
}
