import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { LookPicture } from "../../src/vision/people/person-model.ts";
import { PROJECT } from "./project.ts";
import { footage } from "./rtsp-cameras.ts";

/** The model that the set-up makes, and what it was made of. */
export const NANODET = join(PROJECT, "dist/models/nanodet-g.onnx");
export const NANODET_SOURCE = join(PROJECT, "dist/models/source");
export const YOLOX = join(PROJECT, "../shared/models/yolox_nano.onnx");

/** Why a test that needs `files` cannot run, or "". */
export function missing(...files: readonly string[]): string {
  const file = files.find((name) => !existsSync(name));
  return file === undefined ? "" : `needs ${file.replace(PROJECT, ".")}`;
}

/** A picture of real footage in red, green, blue, scaled to `width` by `height`. */
export function footagePicture(
  clip: string,
  atSeconds: number,
  { width, height }: { readonly width: number; readonly height: number },
): LookPicture {
  const { stdout, status, stderr } = spawnSync(
    "ffmpeg",
    [
      ...["-v", "error", "-ss", String(atSeconds), "-i", footage(clip), "-frames:v", "1"],
      ...["-vf", `scale=${width}:${height}`, "-pix_fmt", "rgb24", "-f", "rawvideo", "pipe:1"],
    ],
    { maxBuffer: 2 ** 26 },
  );
  if (status !== 0 || stdout.length !== width * height * 3) throw new Error(String(stderr));
  return { width, height, pixels: new Uint8Array(stdout) };
}
