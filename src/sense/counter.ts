import { errorCode } from "../core/errors.ts";
import type { Accumulation, GrowthSums } from "../core/growth.ts";
import type { Logger } from "../core/log.ts";
import type { ReadingStore } from "../core/stores.ts";
import { type Clock, isoTime, type Moment } from "../core/time.ts";
import {
  afterCount,
  type Count,
  continuedBy,
  type GrowthWindow,
  growthSums,
  UNKNOWN_GROWTH,
} from "./growth-window.ts";

const HOUR_MS = 3_600_000;
/** As far back as sums go. */
const LOOK_BACK_MS = 24 * HOUR_MS;
/** Looked up piece by piece, and of each no more than one a second: a whole day at once would hold up everything else. */
const LOOK_MS = 10 * 60_000;
const MOST_OF_A_LOOK = 600;
/** Of a clock that was wrong by more than a day the totals of later times are left: a hole of days would say less. */
const LONGEST_SET_BACK_MS = 24 * HOUR_MS;

export interface CounterDependencies {
  readonly clock: Clock;
  readonly isClockSynced: () => boolean;
  /** What was read before the start; without it sums begin at 0. */
  readonly readings?: Pick<ReadingStore, "between"> | undefined;
  readonly log: Logger;
}

/**
 * What a sensor that counts up counted in the last hours. Sums are by the monotonic clock, and right whether or not the time is known.
 * What is kept is put in order by its time: a total with a wrong one stands between those of another hour, and each fall from one
 * to the next would be rain that never fell. So none is kept before the time is known, nor one dated before what is kept.
 */
export interface Counter {
  /** To be called before each reading: looks up once what was counted before the start, as soon as the time is known. */
  remember(): Promise<void>;
  /** What came in the last hours. @param value of a good reading. */
  count(value: number, at: Moment): GrowthSums;
  /** Whether what was read then may be kept; if so it is taken to be. */
  keeps(at: Moment): boolean;
}

export function createCounter(
  { clock, isClockSynced, readings, log }: CounterDependencies,
  sensor: string,
  accumulation: Accumulation,
): Counter {
  let growth: GrowthWindow = UNKNOWN_GROWTH;
  let first: Count | undefined;
  /** Nothing of this run is kept before: what is looked up came before `first`. */
  let hasRemembered = false;
  let keptMs = Number.NEGATIVE_INFINITY;

  async function countedBefore(store: Pick<ReadingStore, "between">, now: Moment): Promise<GrowthWindow> {
    let found = UNKNOWN_GROWTH;
    for (let fromMs = now.wallMs - LOOK_BACK_MS; fromMs < now.wallMs; fromMs += LOOK_MS) {
      const span = [isoTime(fromMs), isoTime(fromMs + LOOK_MS)] as const;
      for (const { at, value, quality } of await store.between(sensor, ...span, MOST_OF_A_LOOK)) {
        const atMs = now.monotonicMs - (now.wallMs - Date.parse(at));
        const isOfThisRun = first !== undefined && atMs >= first.atMs;
        if (value === null || quality !== "good" || isOfThisRun) continue;
        found = afterCount(found, { value, atMs }, accumulation);
      }
    }
    return found;
  }

  /** The latest of what was dated by a clock that was ahead, and has been set back since. */
  async function latestAhead(store: Pick<ReadingStore, "between">, { wallMs }: Moment): Promise<number> {
    const until = isoTime(wallMs + LONGEST_SET_BACK_MS);
    const [latest] = await store.between(sensor, isoTime(wallMs), until, 1);
    return latest ? Date.parse(latest.at) : Number.NEGATIVE_INFINITY;
  }

  return {
    async remember() {
      if (hasRemembered || !isClockSynced()) return;
      hasRemembered = true;
      if (!readings) return;
      const now = clock.now();
      try {
        const before = await countedBefore(readings, now);
        growth = first ? continuedBy(before, { first, since: growth }, accumulation) : before;
        keptMs = await latestAhead(readings, now);
      } catch (error) {
        log.warn({ code: errorCode(error) }, "what a sensor counted before is not known");
      }
    },
    count(value, { monotonicMs }) {
      const count = { value, atMs: monotonicMs };
      first ??= count;
      growth = afterCount(growth, count, accumulation);
      return growthSums(growth, monotonicMs);
    },
    keeps({ wallMs }) {
      const isBehind = wallMs <= keptMs && keptMs - wallMs <= LONGEST_SET_BACK_MS;
      if (!hasRemembered || isBehind) return false;
      keptMs = wallMs;
      return true;
    },
  };
}
