import { readSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { errorCode } from "../../core/errors.ts";
import type { Clock } from "../../core/time.ts";

/**
 * How often what came is read where somebody waits for it, in ms. A wake-up of the event loop for each frame costs
 * several times what the frame itself does; a live viewer sees a picture later by half of this on average.
 */
const HURRIED_MS = 80;
/** The same where nobody does, in ms: a rule that looks at key frames only still acts well within its second. */
const PATIENT_MS = 240;
/** What a batch has set going, as a decoder, has done its work by then and is read once more, in ms after it. */
const ANSWER_MS = 15;
/** What is larger than its pipe comes in parts, and its writer waits for each to be read, in ms. */
const REST_MS = 3;
const READ_BYTES = 65_536;

/** The part of a socket that starts and stops its reading; Node has no public way to leave a pipe unread. */
interface ReadHandle {
  readonly fd: number;
  readStart(): void;
  readStop(): void;
}

interface Source {
  readonly isHurried: () => boolean;
  /** There was more than comes in a hurry between two batches. */
  isBehind: boolean;
  /** Monotonic. */
  readMs: number;
}

/** Reads any number of pipes together, some times a second, instead of each whenever something comes. */
export interface ReadBatches {
  /**
   * Until the pipe ends. A stream that is no pipe of a child is read as usual.
   * @param isHurried asked with each batch: whether somebody waits for what comes.
   */
  add(pipe: Readable, isHurried?: () => boolean): void;
  /** The same for a child that answers to what it is told: it is read a little later, and only when it was told more. */
  addAnswers(child: { readonly stdin: Writable; readonly stdout: Readable }): void;
}

export function createReadBatches(clock: Clock): ReadBatches {
  const sources = new Map<Readable, Source>();
  /** Each reads what came, and tells how many bytes; -1 at the end. */
  const answers = new Map<Readable, () => number>();
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  let isTicking = false;

  function tick(): void {
    const nowMs = clock.now().monotonicMs;
    let isHurried = false;
    for (const [pipe, source] of sources) {
      // One that is behind may be holding up its child, and with it the camera.
      const isDue =
        source.isBehind || source.isHurried() || nowMs - source.readMs >= PATIENT_MS - HURRIED_MS / 2;
      if (isDue && !readSource(pipe, source, nowMs)) continue;
      isHurried ||= source.isBehind || source.isHurried();
    }
    isTicking = sources.size + answers.size > 0;
    if (isTicking) clock.after(isHurried ? HURRIED_MS : PATIENT_MS, tick);
    if (answers.size > 0) clock.after(ANSWER_MS, readAnswers);
  }

  /** @returns false when it is over. */
  function readSource(pipe: Readable, source: Source, nowMs: number): boolean {
    source.readMs = nowMs;
    const count = readWhatCame(pipe, buffer);
    source.isBehind = count >= READ_BYTES;
    if (count >= 0) return true;
    sources.delete(pipe);
    return false;
  }

  function readAnswers(): void {
    let isPart = false;
    for (const [pipe, read] of answers) {
      const came = read();
      if (came < 0) answers.delete(pipe);
      isPart ||= came >= READ_BYTES;
    }
    if (isPart) clock.after(REST_MS, readAnswers);
  }

  /** Its first bytes come by themselves: whoever listens has started the reading. */
  function afterFirst(pipe: Readable, enlist: () => void): void {
    if (!handleOf(pipe)) return;
    pipe.once("data", () => {
      handleOf(pipe)?.readStop();
      enlist();
      if (isTicking) return;
      isTicking = true;
      clock.after(HURRIED_MS, tick);
    });
  }

  return {
    add: (pipe, isHurried = () => true) =>
      afterFirst(pipe, () => sources.set(pipe, { isHurried, isBehind: false, readMs: 0 })),
    addAnswers({ stdin, stdout }) {
      let answered = -1;
      let answering = -1;
      afterFirst(stdout, () => {
        answers.set(stdout, () => {
          // Looking in vain throws an error, which costs more than a picture. Its end shows on its input, too.
          const told = toldTo(stdin);
          if (told === answered && stdin.writable) return handleOf(stdout) ? 0 : -1;
          const came = readWhatCame(stdout, buffer);
          if (came > 0) answering = told;
          // What it gave may have been a part of its answer, until nothing follows.
          else if (answering === told) answered = told;
          return came;
        });
      });
    },
  };
}

/** How many bytes a child was told so far. */
function toldTo(stdin: Writable): number {
  return (stdin as Writable & { readonly bytesWritten?: number }).bytesWritten ?? 0;
}

/** How many bytes there were; -1 when the pipe has nothing more to give: Node itself then finds its end. */
function readWhatCame(pipe: Readable, buffer: Buffer): number {
  const handle = handleOf(pipe);
  if (!handle) return -1;
  let came = 0;
  try {
    // A listener that does not keep up makes the child wait, as usual.
    while (pipe.readableLength < pipe.readableHighWaterMark && handleOf(pipe)) {
      const count = readSync(handle.fd, buffer, 0, READ_BYTES, null);
      if (count === 0) {
        handle.readStart();
        return -1;
      }
      came += count;
      pipe.push(Buffer.from(buffer.subarray(0, count)));
      if (count < READ_BYTES) break;
    }
  } catch (error) {
    if (errorCode(error) === "EAGAIN") return came;
    handle.readStart();
    return -1;
  }
  return came;
}

function handleOf(pipe: Readable): ReadHandle | undefined {
  const handle = (pipe as Readable & { readonly _handle?: Partial<ReadHandle> | null })._handle;
  const isPipe = handle?.readStart && handle.readStop && handle.fd !== undefined && handle.fd >= 0;
  return isPipe ? (handle as ReadHandle) : undefined;
}
