import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import type { Line } from "../../../src/core/site.ts";
import type { Movement } from "../../../src/vision/messages.ts";
import { MovementDetector } from "../../../src/vision/movement-detector.ts";
import { MovementFinder } from "../../../src/vision/movement-finder.ts";
import { footage } from "../../support/rtsp-cameras.ts";

const WIDTH = 320;
const HEIGHT = 180;

/** What stops the tests on real footage, or "". */
export function footageObstacle(): string {
  if (!existsSync(footage("people.mp4"))) return "needs ../shared/footage";
  return spawnSync("ffmpeg", ["-version"]).status === 0 ? "" : "needs ffmpeg";
}

function decode(clip: string, filter: string, more: readonly string[] = []): Uint8Array<ArrayBuffer>[] {
  const { stdout, status, stderr } = spawnSync(
    "ffmpeg",
    [
      ...[
        "-v",
        "error",
        "-i",
        footage(clip),
        "-vf",
        `${filter},scale=${WIDTH}:${HEIGHT}:flags=area,format=gray`,
      ],
      ...[...more, "-f", "rawvideo", "pipe:1"],
    ],
    { maxBuffer: 2 ** 30 },
  );
  if (status !== 0) throw new Error(String(stderr));
  const pictures: Uint8Array<ArrayBuffer>[] = [];
  const size = WIDTH * HEIGHT;
  for (let at = 0; at + size <= stdout.length; at += size) {
    pictures.push(new Uint8Array(stdout.subarray(at, at + size)));
  }
  return pictures;
}

export interface FootageCrossing {
  readonly atSeconds: number;
  readonly line: string;
  readonly direction: "in" | "out";
}

export interface FootageLook extends Movement {
  readonly atMs: number;
}

/**
 * The real detection on a clip, at so many looks a second. Clips that begin with something in the picture are shown
 * their own median picture for 3 s first, so that the place is known; `atSeconds` counts from the clip's own start.
 */
export function watchFootage(
  clip: string,
  lines: readonly Line[],
  { looksPerSecond = 5, isPlaceShownFirst = false } = {},
): { readonly crossings: FootageCrossing[]; readonly looks: FootageLook[] } {
  const watch = { kind: "watch", camera: "one", width: WIDTH, height: HEIGHT, zones: [], lines } as const;
  const detector = new MovementDetector(watch);
  const finder = new MovementFinder(watch);
  const place = isPlaceShownFirst ? decode(clip, "tmedian=radius=11", ["-frames:v", "1"]) : [];
  const before = Array.from({ length: 3 * looksPerSecond }, () => place).flat();
  const pictures = [...before, ...decode(clip, `fps=${looksPerSecond}`)];
  const crossings: FootageCrossing[] = [];
  const looks: FootageLook[] = [];
  pictures.forEach((pixels, index) => {
    const atMs = ((index - before.length) * 1000) / looksPerSecond;
    const monotonicMs = atMs + 3000;
    detector.look({ pixels: pixels.slice(), at: { wallMs: monotonicMs, monotonicMs } });
    const found = finder.look(detector.shapes, monotonicMs);
    if (found.movement) looks.push({ ...found.movement, atMs });
    for (const { line, direction } of found.crossings) {
      crossings.push({ atSeconds: atMs / 1000, line, direction });
    }
  });
  return { crossings, looks };
}
