import { PassThrough, Writable } from "node:stream";
import type {
  ChildExit,
  IngestRequest,
  MediaChild,
  MediaTools,
  Mpeg1Tools,
} from "../../../src/core/media.ts";

export interface ChildDouble extends MediaChild {
  readonly stdout: PassThrough;
  /** What was written to its input, a chunk an entry. */
  readonly input: Buffer[];
  /** Lets the input take nothing more, as a decoder that hangs. */
  clog(): void;
  unclog(): void;
  /** Ends by itself. */
  exit(reason: string): void;
  stopped: boolean;
}

export interface MediaDouble extends MediaTools, Mpeg1Tools {
  readonly ingests: (ChildDouble & { readonly request: IngestRequest })[];
  readonly decoders: ChildDouble[];
  readonly transcoders: ChildDouble[];
}

/** Media processes that a test plays by hand. Their stop succeeds at once. */
export function createMediaDouble(): MediaDouble {
  const ingests: MediaDouble["ingests"] = [];
  const decoders: ChildDouble[] = [];
  const transcoders: ChildDouble[] = [];
  return {
    ingests,
    decoders,
    transcoders,
    ingest(request) {
      const child = { ...createChildDouble(), request };
      ingests.push(child);
      return child;
    },
    decodeGray() {
      const child = createChildDouble();
      decoders.push(child);
      return child;
    },
    transcodeMpeg1() {
      const child = createChildDouble();
      transcoders.push(child);
      return child;
    },
    lastPicture: async (media) => Buffer.concat(media),
  };
}

function createChildDouble(): ChildDouble {
  const input: Buffer[] = [];
  let isClogged = false;
  let waiting: (() => void) | undefined;
  let resolveEnded: (exit: ChildExit) => void = () => {};
  const child: ChildDouble = {
    stdout: new PassThrough(),
    stdin: new Writable({
      highWaterMark: 1,
      write(chunk: Buffer, _encoding, done) {
        input.push(chunk);
        if (isClogged) waiting = done;
        else done();
      },
    }),
    input,
    stopped: false,
    clog() {
      isClogged = true;
    },
    unclog() {
      isClogged = false;
      waiting?.();
    },
    ended: new Promise((resolve) => {
      resolveEnded = resolve;
    }),
    exit: (reason) => resolveEnded({ code: 1, signal: null, reason }),
    async stop() {
      this.stopped = true;
      resolveEnded({ code: 0, signal: null, reason: "stopped" });
    },
  };
  return child;
}
