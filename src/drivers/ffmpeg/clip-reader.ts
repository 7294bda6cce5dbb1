import { spawn } from "node:child_process";
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pictureBytes } from "../../core/analysis.ts";
import type { ClipFacts, ClipPicture, ClipReader } from "../../core/clip.ts";
import { errorCode, GatewayError } from "../../core/errors.ts";
import type { GrayFormat } from "../../core/media.ts";
import { attendChild, type Child, type ChildDependencies, startChild } from "./child-process.ts";
import { grayFilters } from "./gray-decoder.ts";

/** Pictures that may wait for who reads them; the times of pictures come over another pipe, a little later. */
const MAX_WAITING = 8;
/** A clip whose pictures end so long before it does was cut short. */
const MAX_MISSING_SECONDS = 2;

/** Reads clips with ffmpeg, frames chosen and scaled as the gray decoder does it. */
export function createClipReader(dependencies: ChildDependencies): ClipReader {
  return {
    examine: (path) => examine(dependencies, path),
    pictures: (path, format) => readPictures(dependencies, path, format),
  };
}

function fault(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

async function examine(dependencies: ChildDependencies, path: string): Promise<ClipFacts> {
  let sizeBytes: number;
  try {
    const found = await stat(path);
    if (!found.isFile()) throw fault("clip.no_video", `${path} is no file`);
    sizeBytes = found.size;
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw fault("clip.missing", `${path} cannot be read (${errorCode(error)})`);
  }
  if (sizeBytes === 0) throw fault("clip.empty", `${path} is empty`);
  const child = startChild(dependencies, {
    command: "ffprobe",
    arguments: [
      ...["-v", "error", "-select_streams", "v:0", "-of", "json"],
      ...["-show_entries", "stream=width,height,duration:format=duration", `file:${path}`],
    ],
    title: "clip probe",
    quit: "end-of-input",
    explain: (messages) => messages.trim().split("\n").at(-1) ?? "",
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  const { code, reason } = await child.ended;
  if (reason === "ffprobe.missing") {
    throw fault("ffmpeg.missing", "ffprobe is not installed; run: sudo apt-get install ffmpeg");
  }
  if (code !== 0) throw fault("clip.no_video", `${path} is no video that can be read: ${reason}`);
  const { streams = [], format } = JSON.parse(Buffer.concat(chunks).toString("utf8")) as {
    readonly streams?: readonly {
      readonly width?: number;
      readonly height?: number;
      readonly duration?: string;
    }[];
    readonly format?: { readonly duration?: string };
  };
  const [stream] = streams;
  if (!stream?.width || !stream.height) throw fault("clip.no_video", `${path} has no video in it`);
  const durationSeconds = Number(stream.duration ?? format?.duration);
  if (!(durationSeconds > 0)) throw fault("clip.empty", `${path} has no length`);
  return { width: stream.width, height: stream.height, durationSeconds };
}

async function* readPictures(
  dependencies: ChildDependencies,
  path: string,
  format: GrayFormat,
): AsyncGenerator<ClipPicture> {
  const { durationSeconds } = await examine(dependencies, path);
  const command = { command: "ffmpeg", arguments: decodeArguments(path, format), title: "clip decoder" };
  const spawned = spawn(command.command, command.arguments, {
    detached: true,
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
    "group",
  );
  const size = pictureBytes(format);
  const times = readTimes(spawned.stdio[3] as Readable);
  const stdout = child.stdout;
  let lastSeconds = Number.NEGATIVE_INFINITY;
  let isWhole = false;
  try {
    for await (const pixels of cut(stdout, size)) {
      const seconds = await times.next();
      if (seconds === undefined) break;
      lastSeconds = seconds;
      yield { seconds, pixels };
    }
    isWhole = true;
  } finally {
    // Who reads no further leaves a decoder that waits to be read.
    if (!isWhole) await child.kill();
  }
  const { code, reason } = await child.ended;
  if (code !== 0 || durationSeconds - lastSeconds > MAX_MISSING_SECONDS) {
    const until = lastSeconds < 0 ? "gives no picture" : `ends after ${lastSeconds.toFixed(1)} s`;
    const of = `of ${durationSeconds.toFixed(1)} s`;
    throw fault("clip.broken", `${path} ${until} ${of}${reason === "" ? "" : `: ${reason}`}`);
  }
}

/** Pictures on one pipe, and on another when each is shown: raw video has no place for it. */
function decodeArguments(path: string, format: GrayFormat): string[] {
  return [
    ...["-hide_banner", "-nostats", "-nostdin", "-loglevel", "error"],
    ...["-threads", "1", "-i", `file:${path}`],
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
