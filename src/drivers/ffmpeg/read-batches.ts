import { readSync } from "node:fs";
import type { Readable } from "node:stream";
import { errorCode } from "../../core/errors.ts";
import type { Clock } from "../../core/time.ts";

/**
 * How often what came is read, in ms. A wake-up of the event loop for each frame costs several times what the frame
 * itself does; a live viewer sees a picture later by half of this on average.
 */
const BATCH_MS = 80;
/** What a batch has set going, as a decoder, has done its work by then and is read once more, in ms after it. */
const ANSWER_MS = 15;
const READ_BYTES = 65_536;

/** The part of a socket that starts and stops its reading; Node has no public way to leave a pipe unread. */
interface ReadHandle {
  readonly fd: number;
  readStart(): void;
  readStop(): void;
}

/** Reads any number of pipes together, some times a second, instead of each whenever something comes. */
export interface ReadBatches {
  /**
   * Until the pipe ends. A stream that is no pipe of a child is read as usual.
   * @param kind `source`, or `answer` for what comes soon after a batch of sources was passed on.
   */
  add(pipe: Readable, kind: "source" | "answer"): void;
}

export function createReadBatches(clock: Clock): ReadBatches {
  const pipes = { source: new Set<Readable>(), answer: new Set<Readable>() };
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  let isTicking = false;

  function read(those: Set<Readable>): void {
    for (const pipe of those) if (!readWhatCame(pipe, buffer)) those.delete(pipe);
  }

  function tick(): void {
    read(pipes.source);
    isTicking = pipes.source.size + pipes.answer.size > 0;
    if (isTicking) clock.after(BATCH_MS, tick);
    if (pipes.answer.size > 0) clock.after(ANSWER_MS, () => read(pipes.answer));
  }

  return {
    add(pipe, kind) {
      if (!handleOf(pipe)) return;
      // Its first bytes come by themselves: whoever listens has started the reading.
      pipe.once("data", () => {
        handleOf(pipe)?.readStop();
        pipes[kind].add(pipe);
        if (isTicking) return;
        isTicking = true;
        clock.after(BATCH_MS, tick);
      });
    },
  };
}

/** @returns false when the pipe has nothing more to give; Node itself then finds its end. */
function readWhatCame(pipe: Readable, buffer: Buffer): boolean {
  const handle = handleOf(pipe);
  if (!handle) return false;
  try {
    // A listener that does not keep up makes the child wait, as usual.
    while (pipe.readableLength < pipe.readableHighWaterMark) {
      const count = readSync(handle.fd, buffer, 0, READ_BYTES, null);
      if (count > 0) pipe.push(Buffer.from(buffer.subarray(0, count)));
      if (count === READ_BYTES && handleOf(pipe)) continue;
      if (count > 0) return true;
      handle.readStart();
      return false;
    }
  } catch (error) {
    if (errorCode(error) !== "EAGAIN") {
      handle.readStart();
      return false;
    }
  }
  return true;
}

function handleOf(pipe: Readable): ReadHandle | undefined {
  const handle = (pipe as Readable & { readonly _handle?: Partial<ReadHandle> | null })._handle;
  const isPipe = handle?.readStart && handle.readStop && handle.fd !== undefined && handle.fd >= 0;
  return isPipe ? (handle as ReadHandle) : undefined;
}
