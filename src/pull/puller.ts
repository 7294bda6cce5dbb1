// pull/: the township's side of the pull API: fetches events and files of many boxes into one copy, and says how far it is.
// It may import core/ and axios; where the copy is kept is handed in. `cunshao pull` runs it, the gateway does not.
import { setMaxListeners } from "node:events";
import { errorCode } from "../core/errors.ts";
import type { PullCursor } from "../core/pull-cursor.ts";
import type { BoxView, PullRun } from "../core/pull-view.ts";
import type { BoxCopy, PulledCopy } from "../core/pulled-copy.ts";
import { createSignal } from "../core/signals.ts";
import type { Clock } from "../core/time.ts";
import { createTurns } from "../core/turns.ts";
import { type BoxAddress, type BoxClient, createBoxClient } from "./box-client.ts";
import { isOfCopy } from "./box-error.ts";
import { type BoxPull, createBoxPull, type PullSettings } from "./box-pull.ts";
import { createBoxTally } from "./box-tally.ts";

export interface PulledBox extends BoxAddress {
  /** Names its folder. */
  readonly id: string;
  /** The village that it has to be; without, the one whose events came first. */
  readonly site?: string | undefined;
}

export interface PullerDependencies {
  readonly copy: PulledCopy;
  readonly cursor: PullCursor;
  readonly clock: Clock;
  /** 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
}

export interface PullerConfig extends PullSettings {
  readonly boxes: readonly PulledBox[];
  /** So many boxes are transferred from at the same time. */
  readonly atOnce: number;
}

export function createPuller(
  { copy, cursor, clock, random }: PullerDependencies,
  config: PullerConfig,
): PullRun {
  const changes = createSignal<BoxView>();
  const tallies = config.boxes.map(({ id }) => createBoxTally(id, (view) => changes.emit(view)));
  const turns = createTurns(config.atOnce);
  // Of their own: a village that is heard again does not wait for the clips of others.
  const fileTurns = createTurns(config.atOnce);
  const pulls = new Map<string, BoxPull>();

  return {
    changes,
    wake: (box) => pulls.get(box)?.wake(),
    views: () => tallies.map((tally) => tally.view()),
    async run(signal) {
      const ending = new AbortController();
      const end = (): void => ending.abort();
      // Each box's calls listen to it.
      setMaxListeners(0, ending.signal);
      signal.addEventListener("abort", end, { once: true });
      if (signal.aborted) end();
      const work = config.boxes.map(async (box, index) => {
        const tally = tallies[index];
        if (!tally) return;
        let client: BoxClient | undefined;
        let ofBox: BoxCopy | undefined;
        try {
          ofBox = await copy.open(box.id);
          client = createBoxClient({ clock }, box);
          const dependencies = {
            client,
            copy: ofBox,
            cursor,
            tally,
            turns,
            fileTurns,
            clock,
            random,
          };
          const pull = createBoxPull(dependencies, { ...config, site: box.site });
          pulls.set(box.id, pull);
          await pull.run(ending.signal);
        } catch (error) {
          // A copy that cannot be written is everybody's; whatever else it is, the others go on.
          if (isOfCopy(error) && errorCode(error) !== "copy.damaged") end();
          tally.failed(error);
          throw error;
        } finally {
          client?.close();
          await ofBox?.close();
        }
      });
      const ends = await Promise.allSettled(work);
      signal.removeEventListener("abort", end);
      const fatal = ends.find((one) => one.status === "rejected");
      if (fatal) throw fatal.reason;
    },
  };
}
