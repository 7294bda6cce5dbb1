import { open, rm } from "node:fs/promises";
import { errorCode, GatewayError } from "../../core/errors.ts";
import {
  LONGEST_PHOTO_SIDE,
  LONGEST_VOICE_SECONDS,
  MOST_PHOTO_PIXELS,
  type ReportMaker,
} from "../../core/report.ts";
import type { ChildDependencies } from "./child-process.ts";
import { jpegSize } from "./jpeg-size.ts";
import { isMissing, runLimited, saysDiskFull } from "./limited-child.ts";

/** Behind everything that watches. */
const NICENESS = "10";
/** 12 megapixels, or a minute of voice, take a second on a PC, and several on a box that has other things to do. */
const TIMEOUT_MS = 30_000;
/** A decoded picture of 12 megapixels takes 80 MB; nothing of it needs more in one piece. */
const MOST_MEMORY_BYTES = 128 * 1024 * 1024;
/** The frame's header stands behind at most some hundred kilobytes of what telephones write about themselves. */
const HEAD_BYTES = 1_000_000;
const SHORTEST_MS = 300;
const VOICE_RATE = 24_000;
const VOICE_BITS = "40k";

/** What browsers record, and no list that names other files or addresses. */
const VOICE_DEMUXERS = "matroska,webm,ogg,mov,mp4,m4a";
const VOICE_DECODERS = "opus,vorbis,aac";

const READ = [
  ...["-n", NICENESS, "ffmpeg", "-hide_banner", "-nostdin", "-nostats", "-v", "error", "-threads", "1"],
  ...["-protocol_whitelist", "file", "-max_alloc", String(MOST_MEMORY_BYTES)],
];
/** Nothing about the telephone or the place gets over, nor which version of ffmpeg this is. */
const NAMELESS = [
  "-map_metadata",
  "-1",
  "-map_chapters",
  "-1",
  "-fflags",
  "+bitexact",
  "-flags",
  "+bitexact",
];

/** Makes pictures and voices of reports anew by ffmpeg, in a process of its own: what a file does to it stays there. */
export function createReportMaker(dependencies: ChildDependencies): ReportMaker {
  /** @returns what it printed. @throws GatewayError `refused` (permanent) where it did not get through. */
  async function make(title: string, options: readonly string[], refused: string): Promise<string> {
    const { exit, printed } = await runLimited(
      dependencies,
      {
        command: "nice",
        arguments: [...READ, ...options],
        title,
        explain: (messages) => (saysDiskFull(messages) ? "report.full" : refused),
      },
      TIMEOUT_MS,
    );
    // `nice` says 127 where there is no ffmpeg, 126 where it cannot be run.
    if (exit && (isMissing(exit) || exit.code === 127 || exit.code === 126)) {
      throw passing("report.failed", "ffmpeg could not be started");
    }
    if (exit?.reason === "report.full") throw passing("report.full", "the disk is full");
    if (exit?.code !== 0) throw refusal(refused, "it cannot be read, or not to its end");
    return printed;
  }

  /** On an error nothing is left at `target`. */
  async function cleanly<T>(target: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      await rm(target, { force: true });
      if (error instanceof GatewayError) throw error;
      throw passing("report.failed", `it could not be looked at (${errorCode(error)})`, error);
    }
  }

  return {
    photo: (source, target) =>
      cleanly(target, async () => {
        // Before a decoder reserves anything; it is told the same, in case it finds a second, larger header.
        const size = jpegSize(await headOf(source));
        if (!size) throw refusal("report.not_photo", "this is no JPEG");
        if (size.width * size.height > MOST_PHOTO_PIXELS) {
          throw refusal("report.too_many_pixels", `${size.width} x ${size.height} pixels are too many`);
        }
        const side = LONGEST_PHOTO_SIDE;
        const fitting = `w='min(${side},iw)':h='min(${side},ih)':force_original_aspect_ratio=decrease`;
        await make(
          "picture of a report",
          [
            // A picture that breaks off is refused, not kept with a grey half.
            ...["-xerror", "-err_detect", "explode", "-max_pixels", String(MOST_PHOTO_PIXELS)],
            ...[
              "-f",
              "jpeg_pipe",
              "-c:v",
              "mjpeg",
              "-i",
              `file:${source}`,
              "-map",
              "0:v:0",
              "-frames:v",
              "1",
            ],
            ...["-filter_threads", "1", "-vf", `scale=${fitting},format=yuvj420p`],
            ...[
              ...NAMELESS,
              "-threads",
              "1",
              "-c:v",
              "mjpeg",
              "-q:v",
              "4",
              "-f",
              "mjpeg",
              "-y",
              `file:${target}`,
            ],
          ],
          "report.not_photo",
        );
      }),

    voice: (source, target) =>
      cleanly(target, async () => {
        const printed = await make(
          "voice of a report",
          [
            ...[
              "-format_whitelist",
              VOICE_DEMUXERS,
              "-codec_whitelist",
              VOICE_DECODERS,
              "-i",
              `file:${source}`,
            ],
            // A second more than may be, whatever the header says: what reaches it is too long.
            ...["-map", "0:a:0", "-t", String(LONGEST_VOICE_SECONDS + 1), "-progress", "pipe:1"],
            ...[...NAMELESS, "-ac", "1", "-ar", String(VOICE_RATE), "-c:a", "aac", "-b:a", VOICE_BITS],
            ...["-movflags", "+faststart", "-f", "mp4", "-y", `file:${target}`],
          ],
          "report.not_voice",
        );
        const durationMs = lengthIn(printed);
        if (durationMs < SHORTEST_MS) throw refusal("report.not_voice", "there is nothing to be heard in it");
        if (durationMs > LONGEST_VOICE_SECONDS * 1000 + 500) {
          throw refusal("report.voice_too_long", `it is longer than ${LONGEST_VOICE_SECONDS} s`);
        }
        return { durationMs };
      }),
  };
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path, "r");
  try {
    const head = new Uint8Array(HEAD_BYTES);
    const { bytesRead } = await file.read(head, 0, HEAD_BYTES, 0);
    return head.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** The end of what ffmpeg's `-progress` told, in ms. */
function lengthIn(printed: string): number {
  const microseconds = [...printed.matchAll(/^out_time_us=(\d+)/gm)].at(-1)?.[1] ?? "0";
  return Math.round(Number(microseconds) / 1000);
}

function refusal(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}

function passing(code: string, message: string, cause?: unknown): GatewayError {
  return new GatewayError(message, { code, kind: "transient", cause });
}
