import type { Readable } from "node:stream";
import type { Clock } from "../../core/time.ts";

/**
 * How often what came is read, in ms. Each wake-up of the event loop costs more than what a frame brings; a live viewer
 * sees a picture later by half of this on average.
 */
const BATCH_MS = 80;
/** What Node reads at once; a chunk of this size means that more is waiting. */
const FULL_READ_BYTES = 65_536;

/** The part of a socket's handle that starts and stops reading; Node has no public way to leave a pipe unread. */
interface ReadHandle {
  readStart(): void;
  readStop(): void;
}

/** Reads any number of pipes together, some times a second, instead of each whenever something comes. */
export interface ReadBatches {
  /** Until the pipe closes. A stream that is no pipe is read as usual. */
  add(pipe: Readable): void;
}

export function createReadBatches(clock: Clock): ReadBatches {
  const pipes = new Map<Readable, ReadHandle>();
  let isTicking = false;

  function readAll(): void {
    isTicking = pipes.size > 0;
    if (isTicking) clock.after(BATCH_MS, readAll);
    // A pipe that has ended has no handle any more.
    for (const [pipe, handle] of pipes) if (handleOf(pipe)) handle.readStart();
  }

  return {
    add(pipe) {
      const handle = handleOf(pipe);
      if (!handle) return;
      pipes.set(pipe, handle);
      pipe.on("data", (chunk: Buffer) => {
        if (chunk.length < FULL_READ_BYTES && handleOf(pipe)) handle.readStop();
      });
      pipe.once("close", () => pipes.delete(pipe));
      if (isTicking) return;
      isTicking = true;
      clock.after(BATCH_MS, readAll);
    },
  };
}

function handleOf(pipe: Readable): ReadHandle | undefined {
  const handle = (pipe as Readable & { readonly _handle?: Partial<ReadHandle> | null })._handle;
  return handle?.readStart && handle.readStop ? (handle as ReadHandle) : undefined;
}
