import { errorCode, errorMessage, GatewayError } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { Part } from "../core/part.ts";
import type { Clock, Timer } from "../core/time.ts";
import type { ClockQuality } from "./ledger.ts";

const HOUR_MS = 3_600_000;
const MAX_BATCH = 5000;
/** So many rows removed at once hold up an alarm's commit by some milliseconds only. */
export const RETENTION_STEP = 2000;

export interface BufferedRowsDependencies {
  readonly clock: Clock;
  readonly clockQuality: () => ClockQuality;
  readonly log: Logger;
}

/** Many small rows outside of the chain: what is lost when the power goes is what was not flushed. */
export interface BufferedRowsConfig<Row> {
  /** As the log calls the rows. */
  readonly what: string;
  /** Between two writes, ms; also what a power cut can lose. */
  readonly flushMs: number;
  /** Rows kept in memory while the disk takes none; then the oldest are given up. */
  readonly maxBuffered: number;
  /** Writes a batch in one transaction. */
  readonly write: (batch: readonly Row[]) => Promise<void>;
  /** Removes what is too old or too many, hourly, until `isRunning` says no more. Ages are to be trusted while synced. */
  readonly forget: (isSynced: boolean, isRunning: () => boolean) => Promise<void>;
}

export interface BufferedRows<Row> extends Part {
  /** Rows given up since the start: the disk was full for too long, or they made no sense. */
  readonly dropped: number;
  add(row: Row): void;
  /** Counts a row that made no sense. */
  drop(): void;
  /** Writes what is buffered; a disk that takes nothing is logged and tried again. */
  flush(): Promise<void>;
}

export function createBufferedRows<Row>(
  { clock, clockQuality, log }: BufferedRowsDependencies,
  { what, flushMs, maxBuffered, write, forget }: BufferedRowsConfig<Row>,
): BufferedRows<Row> {
  let buffered: Row[] = [];
  let dropped = 0;
  let failing = false;
  let running = false;
  let timer: Timer | undefined;
  let flushing: Promise<void> | undefined;
  let nextRetentionMs = 0;
  let wasSynced = false;
  let ticking: Promise<void> = Promise.resolve();

  function dropOldest(): void {
    const excess = buffered.length - maxBuffered;
    if (excess <= 0) return;
    buffered.splice(0, excess);
    dropped += excess;
  }

  async function flushBuffered(): Promise<void> {
    while (buffered.length > 0) {
      const batch = buffered.slice(0, MAX_BATCH);
      buffered = buffered.slice(MAX_BATCH);
      try {
        await write(batch);
        failing = false;
      } catch (error) {
        const retry = error instanceof GatewayError && error.kind === "transient";
        if (retry) {
          buffered = [...batch, ...buffered];
          dropOldest();
        } else {
          dropped += batch.length;
        }
        if (!failing || !retry) {
          log.warn({ code: errorCode(error), reason: errorMessage(error) }, `${what} could not be stored`);
        }
        failing = true;
        return;
      }
    }
  }

  function flush(): Promise<void> {
    flushing ??= flushBuffered().finally(() => {
      flushing = undefined;
    });
    return flushing;
  }

  async function tick(): Promise<void> {
    await flush();
    const now = clock.now();
    const isSynced = clockQuality() === "synced";
    // Ages can be judged as soon as the clock is known.
    if (now.monotonicMs >= nextRetentionMs || (isSynced && !wasSynced)) {
      wasSynced = isSynced;
      nextRetentionMs = now.monotonicMs + HOUR_MS;
      await forget(isSynced, () => running).catch((error: unknown) => {
        log.warn({ code: errorCode(error), reason: errorMessage(error) }, `old ${what} could not be removed`);
      });
    }
    if (running) schedule();
  }

  function schedule(): void {
    timer = clock.after(flushMs, () => {
      ticking = tick();
    });
  }

  return {
    name: what,
    get dropped() {
      return dropped;
    },
    add(row) {
      buffered.push(row);
      dropOldest();
    },
    drop() {
      dropped++;
    },
    flush,
    async start() {
      if (running) return;
      running = true;
      schedule();
    },
    async stop() {
      if (!running) return;
      running = false;
      timer?.cancel();
      await ticking;
      await flush();
    },
  };
}
