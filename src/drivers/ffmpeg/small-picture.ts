import { GatewayError } from "../../core/errors.ts";
import type { ChildDependencies } from "./child-process.ts";
import { makePicture } from "./picture-child.ts";

/** Wide enough to see who it is about on a phone; about 10 kB. */
const WIDTH = 320;

export interface RawPicture {
  readonly width: number;
  readonly height: number;
  /** 8-bit gray, or 4:2:0 with its colour (`VideoPicture`). */
  readonly pixels: Uint8Array;
}

/** A small JPEG of a decoded picture. @throws GatewayError `picture.not_drawn` (transient). */
export async function smallPicture(
  dependencies: ChildDependencies,
  { width, height, pixels }: RawPicture,
): Promise<Uint8Array> {
  const isGray = pixels.length === width * height;
  if (!isGray && pixels.length !== width * height * 1.5) {
    throw new GatewayError(`${pixels.length} bytes are no picture of ${width}x${height}`, {
      code: "picture.not_drawn",
      kind: "bug",
    });
  }
  const request = {
    command: "ffmpeg",
    arguments: [
      ...["-hide_banner", "-nostats", "-loglevel", "warning", "-threads", "1"],
      ...[
        "-f",
        "rawvideo",
        "-pix_fmt",
        isGray ? "gray" : "yuv420p",
        "-s",
        `${width}x${height}`,
        "-i",
        "pipe:0",
      ],
      ...["-frames:v", "1", "-filter_threads", "1", "-vf", `scale=${WIDTH}:-2`, "-pix_fmt", "yuvj420p"],
      ...["-threads", "1", "-c:v", "mjpeg", "-q:v", "5", "-f", "image2pipe", "pipe:1"],
    ],
    title: "small picture",
  };
  return makePicture(dependencies, request, pixels, "picture.not_drawn");
}
