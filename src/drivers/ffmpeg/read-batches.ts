import { readSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
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
  /** Until the pipe ends. A stream that is no pipe of a child is read as usual. */
  add(pipe: Readable): void;
  /** The same for a child that answers to what it is told: it is read a little later, and only when it was told more. */
  addAnswers(child: { readonly stdin: Writable; readonly stdout: Readable }): void;
}

export function createReadBatches(clock: Clock): ReadBatches {
  const sources = new Set<Readable>();
  const answers = new Map<Readable, () => boolean>();
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  let isTicking = false;

  function tick(): void {
    for (const pipe of sources) if (readWhatCame(pipe, buffer) === "over") sources.delete(pipe);
    isTicking = sources.size + answers.size > 0;
    if (isTicking) clock.after(BATCH_MS, tick);
    if (answers.size > 0) clock.after(ANSWER_MS, readAnswers);
  }

  function readAnswers(): void {
    for (const [pipe, read] of answers) if (!read()) answers.delete(pipe);
  }

  /** Its first bytes come by themselves: whoever listens has started the reading. */
  function afterFirst(pipe: Readable, enlist: () => void): void {
    if (!handleOf(pipe)) return;
    pipe.once("data", () => {
      handleOf(pipe)?.readStop();
      enlist();
      if (isTicking) return;
      isTicking = true;
      clock.after(BATCH_MS, tick);
    });
  }

  return {
    add: (pipe) => afterFirst(pipe, () => sources.add(pipe)),
    addAnswers({ stdin, stdout }) {
      let answered = -1;
      let answering = -1;
      afterFirst(stdout, () => {
        answers.set(stdout, () => {
          // Looking in vain throws an error, which costs more than a picture. Its end shows on its input, too.
          const told = toldTo(stdin);
          if (told === answered && stdin.writable) return handleOf(stdout) !== undefined;
          const came = readWhatCame(stdout, buffer);
          if (came === "something") answering = told;
          // What it gave may have been a part of its answer, until nothing follows.
          else if (answering === told) answered = told;
          return came !== "over";
        });
      });
    },
  };
}

/** How many bytes a child was told so far. */
function toldTo(stdin: Writable): number {
  return (stdin as Writable & { readonly bytesWritten?: number }).bytesWritten ?? 0;
}

/** `over` when the pipe has nothing more to give; Node itself then finds its end. */
function readWhatCame(pipe: Readable, buffer: Buffer): "something" | "nothing" | "over" {
  const handle = handleOf(pipe);
  if (!handle) return "over";
  let came: "something" | "nothing" = "nothing";
  try {
    // A listener that does not keep up makes the child wait, as usual.
    while (pipe.readableLength < pipe.readableHighWaterMark && handleOf(pipe)) {
      const count = readSync(handle.fd, buffer, 0, READ_BYTES, null);
      if (count === 0) {
        handle.readStart();
        return "over";
      }
      came = "something";
      pipe.push(Buffer.from(buffer.subarray(0, count)));
      if (count < READ_BYTES) break;
    }
  } catch (error) {
    if (errorCode(error) === "EAGAIN") return came;
    handle.readStart();
    return "over";
  }
  return came;
}

function handleOf(pipe: Readable): ReadHandle | undefined {
  const handle = (pipe as Readable & { readonly _handle?: Partial<ReadHandle> | null })._handle;
  const isPipe = handle?.readStart && handle.readStop && handle.fd !== undefined && handle.fd >= 0;
  return isPipe ? (handle as ReadHandle) : undefined;
}
