import {
  LONGEST_PHOTO_SIDE,
  LONGEST_VOICE_SECONDS,
  MOST_PHOTO_PIXELS,
  type ReportMaker,
} from "../../core/report.ts";
import type { ChildDependencies } from "./child-process.ts";
import { jpegSize } from "./jpeg-size.ts";
import { createAnewMaker, headOf, NAMELESS, refusal } from "./made-anew.ts";

/** A decoded picture of 12 megapixels takes 80 MB; nothing of it needs more in one piece. */
const MOST_MEMORY_BYTES = 128 * 1024 * 1024;
const SHORTEST_MS = 300;
const VOICE_RATE = 24_000;
const VOICE_BITS = "40k";

/** What browsers record, and no list that names other files or addresses. */
const VOICE_DEMUXERS = "matroska,webm,ogg,mov,mp4,m4a";
const VOICE_DECODERS = "opus,vorbis,aac";

/** Makes pictures and voices of reports anew by ffmpeg, in a process of its own: what a file does to it stays there. */
export function createReportMaker(dependencies: ChildDependencies): ReportMaker {
  const maker = createAnewMaker(dependencies, "report", MOST_MEMORY_BYTES);

  return {
    photo: (source, target) =>
      maker.cleanly(target, async () => {
        // Before a decoder reserves anything; it is told the same, in case it finds a second, larger header.
        const size = jpegSize(await headOf(source));
        if (!size) throw refusal("report.not_photo", "this is no JPEG");
        if (size.width * size.height > MOST_PHOTO_PIXELS) {
          throw refusal("report.too_many_pixels", `${size.width} x ${size.height} pixels are too many`);
        }
        const side = LONGEST_PHOTO_SIDE;
        const fitting = `w='min(${side},iw)':h='min(${side},ih)':force_original_aspect_ratio=decrease`;
        await maker.make(
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
      maker.cleanly(target, async () => {
        const printed = await maker.make(
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

/** The end of what ffmpeg's `-progress` told, in ms. */
function lengthIn(printed: string): number {
  const microseconds = [...printed.matchAll(/^out_time_us=(\d+)/gm)].at(-1)?.[1] ?? "0";
  return Math.round(Number(microseconds) / 1000);
}
