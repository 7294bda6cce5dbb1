import { GatewayError } from "../../core/errors.ts";
import type { GrayFormat, MediaTools } from "../../core/media.ts";
import { type ChildDependencies, startChild } from "./child-process.ts";
import { explainIngest, ingestArguments } from "./ingest.ts";

const PICTURE_TIMEOUT_MS = 5000;
const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);

const QUIET = ["-hide_banner", "-nostats", "-loglevel", "warning"];

export function createMediaTools(dependencies: ChildDependencies): MediaTools {
  return {
    ingest: (request) =>
      startChild(dependencies, {
        command: "ffmpeg",
        arguments: ingestArguments(request),
        title: `ingest ${request.camera} ${request.stream}`,
        quit: "q",
        explain: explainIngest,
      }),
    decodeGray: (camera, format) =>
      startChild(dependencies, {
        command: "ffmpeg",
        arguments: decodeArguments(format),
        title: `decoder ${camera}`,
        quit: "end-of-input",
        explain: () => "decoder.ended",
      }),
    lastPicture: (media) => lastPicture(dependencies, media),
  };
}

function decodeArguments({ width, height, framesPerSecond }: GrayFormat): string[] {
  // Chosen by time, not by the fps filter, which would wait for the next frame before it gives one.
  const interval = (1 / framesPerSecond - 0.01).toFixed(3);
  const select = `select='isnan(prev_selected_t)+gte(t-prev_selected_t\\,${interval})'`;
  return [
    ...QUIET,
    ...["-probesize", "32", "-flags", "low_delay", "-threads", "1", "-f", "mp4", "-i", "pipe:0"],
    ...[
      "-vf",
      `${select},scale=${width}:${height}:flags=fast_bilinear,format=gray`,
      "-fps_mode",
      "passthrough",
    ],
    // The output too: raw video is frame-threaded and would lag a frame per core.
    ...["-threads", "1", "-f", "rawvideo", "-flush_packets", "1", "pipe:1"],
  ];
}

async function lastPicture(dependencies: ChildDependencies, media: readonly Uint8Array[]): Promise<Buffer> {
  const frames = media.length - 1;
  const child = startChild(dependencies, {
    command: "ffmpeg",
    arguments: [
      ...QUIET,
      ...["-threads", "1", "-f", "mp4", "-i", "pipe:0"],
      // The last few rather than the very last, which a damaged stream may not give.
      ...["-vf", `select='gte(n\\,${Math.max(0, frames - 3)})'`, "-fps_mode", "passthrough"],
      ...["-threads", "1", "-c:v", "mjpeg", "-q:v", "4", "-f", "image2pipe", "pipe:1"],
    ],
    title: "picture",
    quit: "end-of-input",
    explain: () => "video.no_picture",
  });
  const chunks: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
  child.stdin.end(Buffer.concat(media));
  const late = dependencies.clock.after(PICTURE_TIMEOUT_MS, () => void child.kill());
  const { signal } = await child.ended;
  late.cancel();
  const pictures = Buffer.concat(chunks);
  const start = pictures.lastIndexOf(JPEG_START);
  // A process that was ended may have left half a picture.
  if (start < 0 || signal !== null) {
    throw new GatewayError("the stream gave no picture", { code: "video.no_picture", kind: "transient" });
  }
  return pictures.subarray(start);
}
