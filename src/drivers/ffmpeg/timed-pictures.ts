import { spawn } from "node:child_process";
import { Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { pictureBytes } from "../../core/analysis.ts";
import type { ClipPicture } from "../../core/clip.ts";
import { errorCode } from "../../core/errors.ts";
import type { ChildExit, GrayFormat } from "../../core/media.ts";
import { attendChild, type Child, type ChildDependencies } from "./child-process.ts";
import { grayFilters } from "./gray-decoder.ts";

/** Pictures that may wait for who reads them; the times of pictures come over another pipe, a little later. */
const MAX_WAITING = 8;
/** What may wait for the decoder, of whoever feeds it. */
const MAX_FED = 4;

export interface PictureSource {
  /** For the log. */
  readonly title: string;
  /** ffmpeg's own words for what it reads. */
  readonly input: readonly string[];
  /** What goes to its stdin, where it reads that. */
  readonly feed?: AsyncIterable<Uint8Array> | undefined;
  /**
   * Whether it leads a process group. One that does not stays in the caller's session and so, where Linux groups sessions
   * for scheduling (sched(7), autogroup), as nice as the caller is.
   */
  readonly isOwnGroup: boolean;
}

export interface Decoded extends ChildExit {
  /** Of the last picture; negative infinity where there was none. */
  readonly lastSeconds: number;
}

/** Decodes as fast as pictures are taken, frames chosen and scaled as the gray decoder does it. */
export async function* decodePictures(
  dependencies: ChildDependencies,
  { title, input, feed, isOwnGroup }: PictureSource,
  format: GrayFormat,
): AsyncGenerator<ClipPicture, Decoded> {
  const command = { command: "ffmpeg", arguments: decodeArguments(input, format), title };
  const spawned = spawn(command.command, command.arguments, {
    detached: isOwnGroup,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const child = attendChild(
    dependencies,
    {
      ...command,
      quit: "end-of-input",
      explain: (messages) => messages.trim().split("\n").at(-1) ?? "",
    },
    spawned as unknown as Child,
    isOwnGroup ? "group" : "child",
  );
  const times = readTimes(spawned.stdio[3] as Readable);
  const feeding = feed ? pour(feed, child.stdin, dependencies, title) : undefined;
  let lastSeconds = Number.NEGATIVE_INFINITY;
  let isWhole = false;
  try {
    for await (const pixels of cut(child.stdout, pictureBytes(format))) {
      const seconds = await times.next();
      if (seconds === undefined) break;
      lastSeconds = seconds;
      yield { seconds, pixels };
    }
    isWhole = true;
  } finally {
    // Who reads no further leaves a decoder that waits to be read.
    if (!isWhole) await child.kill();
    await feeding;
  }
  return { ...(await child.ended), lastSeconds };
}

/** Until the source or the decoder ends; how the decoder ended tells the rest. */
async function pour(
  feed: AsyncIterable<Uint8Array>,
  stdin: Writable,
  { log }: ChildDependencies,
  title: string,
): Promise<void> {
  try {
    await pipeline(Readable.from(feed, { objectMode: true, highWaterMark: MAX_FED }), stdin);
  } catch (error) {
    log.debug({ child: title, code: errorCode(error) }, "a decoder took no more");
  }
}

/** Pictures on one pipe, and on another when each is shown: raw video has no place for it. */
function decodeArguments(input: readonly string[], format: GrayFormat): string[] {
  return [
    ...["-hide_banner", "-nostats", "-nostdin", "-loglevel", "error"],
    ...["-threads", "1", ...input],
    ...["-filter_complex", `[0:v:0]${grayFilters(format)},split[pictures][times]`],
    ...["-map", "[pictures]", "-fps_mode", "passthrough", "-threads", "1"],
    ...["-f", "rawvideo", "-flush_packets", "1", "pipe:1"],
    ...["-map", "[times]", "-fps_mode", "passthrough", "-threads", "1", "-c:v", "rawvideo"],
    ...["-f", "mkvtimestamp_v2", "-flush_packets", "1", "pipe:3"],
  ];
}

/** Cuts the pipe into pictures, and leaves it unread while enough of them wait. */
async function* cut(stdout: Readable, size: number): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const waiting: Uint8Array<ArrayBuffer>[] = [];
  let picture = new Uint8Array(size);
  let filled = 0;
  let isOver = false;
  let wake = (): void => {};
  stdout.on("data", (chunk: Buffer) => {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(size - filled, chunk.length - at);
      picture.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < size) continue;
      waiting.push(picture);
      picture = new Uint8Array(size);
      filled = 0;
    }
    if (waiting.length >= MAX_WAITING) stdout.pause();
    wake();
  });
  stdout.on("close", () => {
    isOver = true;
    wake();
  });
  for (;;) {
    const next = waiting.shift();
    if (next) {
      if (waiting.length < MAX_WAITING / 2) stdout.resume();
      yield next;
    } else if (isOver) return;
    else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}

/** The times of pictures, in seconds, from Matroska's text of time codes: a headline, then milliseconds a line. */
function readTimes(pipe: Readable): { next(): Promise<number | undefined> } {
  const waiting: number[] = [];
  let rest = "";
  let isOver = false;
  let wake = (): void => {};
  pipe.setEncoding("utf8");
  pipe.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (/^-?\d/.test(line)) waiting.push(Number(line) / 1000);
    wake();
  });
  const end = (): void => {
    isOver = true;
    wake();
  };
  pipe.on("close", end).on("error", end);
  return {
    async next() {
      while (waiting.length === 0 && !isOver) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return waiting.shift();
    },
  };
}
