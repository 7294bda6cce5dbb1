import { stat } from "node:fs/promises";
import type { ClipFacts, ClipPicture, ClipReader } from "../../core/clip.ts";
import { errorCode, GatewayError } from "../../core/errors.ts";
import type { GrayFormat } from "../../core/media.ts";
import { type ChildDependencies, startChild } from "./child-process.ts";
import { decodePictures } from "./timed-pictures.ts";

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
  const source = { title: "clip decoder", input: ["-i", `file:${path}`], isOwnGroup: true };
  const { code, reason, lastSeconds } = yield* decodePictures(dependencies, source, format);
  if (code !== 0 || durationSeconds - lastSeconds > MAX_MISSING_SECONDS) {
    const until = lastSeconds < 0 ? "gives no picture" : `ends after ${lastSeconds.toFixed(1)} s`;
    const of = `of ${durationSeconds.toFixed(1)} s`;
    throw fault("clip.broken", `${path} ${until} ${of}${reason === "" ? "" : `: ${reason}`}`);
  }
}
