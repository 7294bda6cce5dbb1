import type { MediaTools } from "../../core/media.ts";
import { type ChildDependencies, startChild } from "./child-process.ts";
import { startGrayDecoder } from "./gray-decoder.ts";
import { explainIngest, ingestArguments } from "./ingest.ts";
import { makePicture } from "./picture-child.ts";
import { createReadBatches } from "./read-batches.ts";

const QUIET = ["-hide_banner", "-nostats", "-loglevel", "warning"];

export function createMediaTools(dependencies: ChildDependencies): MediaTools {
  const batches = createReadBatches(dependencies.clock);
  return {
    ingest(request, isHurried) {
      const child = startChild(dependencies, {
        command: "ffmpeg",
        arguments: ingestArguments(request),
        title: `ingest ${request.camera} ${request.stream}`,
        quit: "q",
        explain: explainIngest,
      });
      batches.add(child.stdout, isHurried);
      return child;
    },
    decodeGray(camera, format) {
      const child = startGrayDecoder(dependencies, camera, format);
      batches.addAnswers(child);
      return child;
    },
    lastPicture: (media) => lastPicture(dependencies, media),
  };
}

function lastPicture(dependencies: ChildDependencies, media: readonly Uint8Array[]): Promise<Buffer> {
  const frames = media.length - 1;
  const request = {
    command: "ffmpeg",
    arguments: [
      ...QUIET,
      ...["-threads", "1", "-f", "mp4", "-i", "pipe:0"],
      // The last few rather than the very last, which a damaged stream may not give.
      ...["-vf", `select='gte(n\\,${Math.max(0, frames - 3)})'`, "-fps_mode", "passthrough"],
      ...["-threads", "1", "-c:v", "mjpeg", "-q:v", "4", "-f", "image2pipe", "pipe:1"],
    ],
    title: "picture",
  };
  return makePicture(dependencies, request, Buffer.concat(media), "video.no_picture");
}
