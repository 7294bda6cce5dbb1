import { GatewayError } from "../../core/errors.ts";
import type { Box, Point } from "../../core/geometry.ts";
import type { DrawMarks, PictureMarks } from "../../core/media.ts";
import type { ChildDependencies } from "./child-process.ts";
import { jpegSize, type PictureSize } from "./jpeg-size.ts";
import { makePicture } from "./picture-child.ts";

/** Behind everything that watches: the plain picture is kept already. */
const NICENESS = "10";
/** Yellow within black stands out from water, snow and infrared grey alike. */
const BRIGHT = "yellow";
const EDGE = "black@0.75";
/** By turns, so that a thin row of dots is seen on snow and on mud. */
const THIN = ["white@0.9", "black@0.9"] as const;
/** Strokes of a picture so many times as high are a pixel thick. */
const STROKES = 220;
const FINE_STROKES = 260;
/** From dot to dot, in strokes. */
const PATH_STEP = 6;
const OUTLINE_STEP = 5;
/** So that the longest command stays far below what Linux takes as one argument (128 KiB). */
const MOST_PATH_DOTS = 80;
const MOST_OUTLINE_DOTS = 240;
const MOST_SHAPES = 5;

/** In pixels. */
type Dot = readonly [x: number, y: number];

/** Draws by ffmpeg's `drawbox` alone, which every build has and which needs no fonts. */
export function createDrawMarks(dependencies: ChildDependencies): DrawMarks {
  return async (jpeg, marks) => {
    const request = {
      command: "nice",
      arguments: [
        ...["-n", NICENESS, "ffmpeg", "-hide_banner", "-nostats", "-loglevel", "warning"],
        ...["-threads", "1", "-f", "mjpeg", "-i", "pipe:0", "-frames:v", "1"],
        ...["-filter_threads", "1", "-vf", filterOf(marks, sizeOf(jpeg))],
        ...["-threads", "1", "-c:v", "mjpeg", "-q:v", "3", "-f", "image2pipe", "pipe:1"],
      ],
      title: "marked picture",
    };
    return makePicture(dependencies, request, jpeg, "picture.not_drawn");
  };
}

/** What is more important comes later, on top. */
export function filterOf({ boxes, paths, outlines }: PictureMarks, size: PictureSize): string {
  const stroke = Math.max(1, Math.round(size.height / STROKES));
  const fine = Math.max(1, Math.round(size.height / FINE_STROKES));
  const pixels = (shape: readonly Point[]): Dot[] => shape.map(([x, y]) => [x * size.width, y * size.height]);
  const filters = [
    ...outlines
      .slice(0, MOST_SHAPES)
      .flatMap((outline) => thinly(dots(pixels(outline), OUTLINE_STEP * fine, MOST_OUTLINE_DOTS), fine)),
    ...paths
      .slice(0, MOST_SHAPES)
      .flatMap((path) => wayOf(dots(pixels(path), PATH_STEP * stroke, MOST_PATH_DOTS), stroke)),
    ...boxes.slice(0, MOST_SHAPES).flatMap((box) => frame(box, size, stroke)),
  ];
  return filters.length > 0 ? filters.join(",") : "null";
}

function thinly(outline: readonly Dot[], side: number): string[] {
  return outline.map((dot, index) => square(dot, side, THIN[index % 2 === 0 ? 0 : 1]));
}

/** Dots, and a large one where it is now. */
function wayOf(way: readonly Dot[], stroke: number): string[] {
  const now = way.slice(-1);
  return [
    ...way.map((dot) => square(dot, 4 * stroke, EDGE)),
    ...now.map((dot) => square(dot, 7 * stroke, EDGE)),
    ...way.map((dot) => square(dot, 2 * stroke, BRIGHT)),
    ...now.map((dot) => square(dot, 5 * stroke, BRIGHT)),
  ];
}

function frame({ x, y, width, height }: Box, size: PictureSize, stroke: number): string[] {
  const ring = (colour: string, beyond: number, thick: number): string =>
    drawBox(
      [x * size.width - beyond, y * size.height - beyond],
      [width * size.width + 2 * beyond, height * size.height + 2 * beyond],
      colour,
      thick,
    );
  return [ring(EDGE, 3 * stroke, 4 * stroke), ring(BRIGHT, 2 * stroke, 2 * stroke)];
}

function square([x, y]: Dot, side: number, colour: string): string {
  return drawBox([x - side / 2, y - side / 2], [side, side], colour, "fill");
}

function drawBox([x, y]: Dot, sides: Dot, colour: string, thick: number | "fill"): string {
  // A side of 0 would be the whole picture's.
  const [width, height] = sides.map((side) => Math.max(1, Math.round(side)));
  return `drawbox=${Math.round(x)}:${Math.round(y)}:${width}:${height}:${colour}:${thick}`;
}

/** Dots along the way, `step` pixels apart, or further where they would be too many; its ends among them. */
function dots(way: readonly Dot[], step: number, most: number): Dot[] {
  const pieces = way.slice(1).map((to, index) => [way[index] ?? to, to] as const);
  const length = pieces.reduce((sum, [from, to]) => sum + apart(from, to), 0);
  const spacing = Math.max(step, length / most);
  const found = way.slice(0, 1);
  for (const [from, to] of pieces) {
    for (;;) {
      const last = found.at(-1) ?? from;
      const rest = apart(last, to);
      if (rest < spacing) break;
      found.push(between(last, to, spacing / rest));
    }
  }
  const end = way.at(-1);
  return end ? [...found, end] : found;
}

function apart([ax, ay]: Dot, [bx, by]: Dot): number {
  return Math.hypot(ax - bx, ay - by);
}

function between([ax, ay]: Dot, [bx, by]: Dot, share: number): Dot {
  return [ax + (bx - ax) * share, ay + (by - ay) * share];
}

/** @throws GatewayError `picture.not_drawn`. */
function sizeOf(jpeg: Uint8Array): PictureSize {
  const size = jpegSize(jpeg);
  if (size) return size;
  throw new GatewayError("nothing can be drawn over what is no JPEG", {
    code: "picture.not_drawn",
    kind: "transient",
  });
}
