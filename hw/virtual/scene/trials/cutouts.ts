import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Canvas, createCanvas } from "@napi-rs/canvas";
import { GatewayError } from "../../../../src/core/errors.ts";
import { type Figure, findFigure } from "./figure.ts";

const WIDTH = 640;
const HEIGHT = 360;
export const CUTOUTS_PER_SECOND = 5;
/** So long at the beginning of the footage nobody is there: its mean is what stands behind everybody. */
const EMPTY_SECONDS = 4;
/** More of one person look the same. */
const MOST_CUTOUTS = 24;
/** Who can be cut out of fewer pictures stands out too little from what is behind. */
const LEAST_CUTOUTS = 4;
/** Somebody who comes or goes is not whole yet. */
const ENTRY_SECONDS = 1;

/** A person in one picture, cut out along the outline; `picture` holds nothing else. */
export interface Cutout {
  readonly picture: Canvas;
  readonly wide: number;
  readonly high: number;
}

/**
 * Cuts people out of footage by what differs from its own empty beginning; only pictures in which the whole person is
 * seen. Lives in memory alone: the footage is not ours to keep.
 * @param spans when each person is in view, in seconds; nobody may be before the fourth.
 * @returns for each span in which somebody could be cut out the person's pictures in order, five a second.
 * @throws GatewayError `scene.no_footage` (permanent).
 */
export async function cutOutPeople(
  file: string,
  spans: readonly (readonly [from: number, to: number])[],
): Promise<readonly (readonly Cutout[])[]> {
  const people: Cutout[][] = spans.map(() => []);
  const untilSeconds = Math.max(EMPTY_SECONDS, ...spans.map(([, to]) => to));
  const sum = new Float32Array(WIDTH * HEIGHT * 3);
  const empty = new Uint8Array(sum.length);
  const emptyPictures = EMPTY_SECONDS * CUTOUTS_PER_SECOND;
  await readPictures(file, untilSeconds, (pixels, index) => {
    if (index < emptyPictures) {
      for (let at = 0; at < sum.length; at++) sum[at] = (sum[at] as number) + (pixels[at] as number);
      if (index === emptyPictures - 1) {
        for (let at = 0; at < sum.length; at++) empty[at] = (sum[at] as number) / emptyPictures;
      }
      return;
    }
    const seconds = index / CUTOUTS_PER_SECOND;
    const who = spans.findIndex(([a, b]) => seconds >= a + ENTRY_SECONDS && seconds <= b - ENTRY_SECONDS);
    const cutouts = people[who];
    if (!cutouts || cutouts.length >= MOST_CUTOUTS) return;
    const figure = findFigure(pixels, empty, WIDTH, HEIGHT);
    if (figure) cutouts.push(cutOut(pixels, figure));
  });
  return people.filter((cutouts) => cutouts.length >= LEAST_CUTOUTS);
}

function cutOut(pixels: Uint8Array, { alpha, left, top, wide, high }: Figure): Cutout {
  const picture = createCanvas(wide, high);
  const context = picture.getContext("2d");
  const image = context.createImageData(wide, high);
  for (let row = 0; row < high; row++) {
    for (let column = 0; column < wide; column++) {
      const from = (top + row) * WIDTH + left + column;
      const to = (row * wide + column) * 4;
      for (let colour = 0; colour < 3; colour++) {
        image.data[to + colour] = pixels[from * 3 + colour] as number;
      }
      image.data[to + 3] = alpha[from] as number;
    }
  }
  context.putImageData(image, 0, 0);
  return { picture, wide, high };
}

async function readPictures(
  file: string,
  seconds: number,
  onPicture: (pixels: Uint8Array, index: number) => void,
): Promise<void> {
  const child = spawn(
    "ffmpeg",
    [
      ...["-nostdin", "-v", "error", "-t", String(seconds), "-i", file],
      ...["-vf", `fps=${CUTOUTS_PER_SECOND},scale=${WIDTH}:${HEIGHT}:flags=area,format=rgb24`],
      ...["-f", "rawvideo", "pipe:1"],
    ],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-1000);
  });
  const closed = once(child, "close").catch((error: Error) => [error.message]);
  const picture = new Uint8Array(WIDTH * HEIGHT * 3);
  let filled = 0;
  let count = 0;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(picture.length - filled, chunk.length - at);
      picture.set(chunk.subarray(at, at + taken), filled);
      filled += taken;
      at += taken;
      if (filled < picture.length) continue;
      onPicture(picture, count++);
      filled = 0;
    }
  }
  const [code] = await closed;
  if (code === 0 && count > 0) return;
  throw new GatewayError(`No people from ${file}: ${complaint.trim() || code}`, {
    code: "scene.no_footage",
    kind: "permanent",
  });
}
