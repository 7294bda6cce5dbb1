import { type Canvas, createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import { SCENE_HEIGHT, SCENE_WIDTH } from "./ground.ts";
import { createRandom, hash } from "./random.ts";

/** Enough different grains that the eye does not see them come back. */
const GRAINS = 4;
const GRAIN_STRENGTH = 5;
/** Backdrops are painted larger and scaled down, which gives the fine edges of a lens. */
const SUPERSAMPLE = 2;
/** Pixels are read in strips below the allocator's mmap threshold: fresh mappings would cost more than the drawing. */
const STRIP_BYTES = 96 * 1024;
/** What moves slowly is drawn at half the usual frame rate: nobody sees it, and it halves the cost. */
const SLOW_BEAT_MS = 1000 / 7.5;

/** Paints at 640x360 whatever the real size. */
export type Painter = (context: SKRSContext2D) => void;

/** Something painted over what lies below it; `areas` hold all of it and may overlap and stand out. */
export interface Layer {
  readonly paint: Painter;
  readonly areas: readonly Area[];
}

export interface Stage {
  /** Without grain. */
  readonly backdrop: Canvas;
  /**
   * The picture as RGBA; the same bytes are used again for the next one.
   * @param slow gives the layer of things that need no more than 7.5 pictures a second, for an instant at or before `atMs`.
   * @param fast is drawn over it for every picture.
   */
  compose(atMs: number, slow: (atMs: number) => Layer, fast: Layer): Uint8Array;
}

/** A part of the picture in pixels. */
export interface Area {
  readonly x: number;
  readonly y: number;
  readonly wide: number;
  readonly high: number;
}

export function createStage(seed: number, paintBackdrop: Painter): Stage {
  const backdrop = paintLarge(paintBackdrop);
  const grains = Array.from({ length: GRAINS }, (_, index) => withGrain(backdrop, seed * 31 + index));
  const slowCanvas = createCanvas(SCENE_WIDTH, SCENE_HEIGHT);
  const slowContext = slowCanvas.getContext("2d", { alpha: false });
  const slowPixels = new Uint8Array(SCENE_WIDTH * SCENE_HEIGHT * 4);
  const fastContext = createCanvas(SCENE_WIDTH, SCENE_HEIGHT).getContext("2d", { alpha: false });
  const pixels = new Uint8Array(SCENE_WIDTH * SCENE_HEIGHT * 4);
  let drawnBeat: number | undefined;

  function drawSlow(beat: number, { paint, areas }: Layer): void {
    const grain = grains[Math.floor(hash(beat) * GRAINS)];
    if (!grain) return;
    slowContext.drawImage(grain.canvas, 0, 0);
    paint(slowContext);
    slowPixels.set(grain.bytes);
    for (const area of areas) copyArea(slowContext, area, slowPixels);
  }

  return {
    backdrop,
    compose(atMs, slow, fast) {
      const beat = Math.floor(atMs / SLOW_BEAT_MS);
      if (beat !== drawnBeat) {
        drawnBeat = beat;
        drawSlow(beat, slow(beat * SLOW_BEAT_MS));
      }
      for (const { x, y, wide, high } of fast.areas.map(wholePixels)) {
        if (wide > 0 && high > 0) fastContext.drawImage(slowCanvas, x, y, wide, high, x, y, wide, high);
      }
      fast.paint(fastContext);
      pixels.set(slowPixels);
      for (const area of fast.areas) copyArea(fastContext, area, pixels);
      return pixels;
    },
  };
}

/** The part inside the picture, on whole pixels. */
function wholePixels(area: Area): Area {
  const x = Math.max(0, Math.floor(area.x));
  const y = Math.max(0, Math.floor(area.y));
  const wide = Math.min(SCENE_WIDTH, Math.ceil(area.x + area.wide)) - x;
  const high = Math.min(SCENE_HEIGHT, Math.ceil(area.y + area.high)) - y;
  return { x, y, wide, high };
}

function copyArea(context: SKRSContext2D, area: Area, target: Uint8Array): void {
  const { x, y, wide, high } = wholePixels(area);
  if (wide <= 0 || high <= 0) return;
  const rowBytes = wide * 4;
  const stripRows = Math.floor(STRIP_BYTES / rowBytes);
  for (let from = 0; from < high; from += stripRows) {
    const rows = Math.min(stripRows, high - from);
    const { data } = context.getImageData(x, y + from, wide, rows);
    for (let row = 0; row < rows; row++) {
      const at = ((y + from + row) * SCENE_WIDTH + x) * 4;
      target.set(data.subarray(row * rowBytes, (row + 1) * rowBytes), at);
    }
  }
}

/** What `paint` draws, painted large and brought to 640x360. */
export function paintLarge(paint: Painter): Canvas {
  const large = createCanvas(SCENE_WIDTH * SUPERSAMPLE, SCENE_HEIGHT * SUPERSAMPLE);
  const largeContext = large.getContext("2d");
  largeContext.scale(SUPERSAMPLE, SUPERSAMPLE);
  paint(largeContext);
  const canvas = createCanvas(SCENE_WIDTH, SCENE_HEIGHT);
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(large, 0, 0, SCENE_WIDTH, SCENE_HEIGHT);
  return canvas;
}

/** A copy with sensor noise: about normal, the same in all colours, and a little per colour. */
function withGrain(source: Canvas, seed: number): { canvas: Canvas; bytes: Uint8ClampedArray } {
  const random = createRandom(seed);
  const image = source.getContext("2d").getImageData(0, 0, SCENE_WIDTH, SCENE_HEIGHT);
  const { data } = image;
  for (let at = 0; at < data.length; at += 4) {
    const luma = (random() + random() - 1) * GRAIN_STRENGTH;
    data[at] = (data[at] ?? 0) + luma + (random() - 0.5) * 2;
    data[at + 1] = (data[at + 1] ?? 0) + luma;
    data[at + 2] = (data[at + 2] ?? 0) + luma + (random() - 0.5) * 2;
  }
  const canvas = createCanvas(SCENE_WIDTH, SCENE_HEIGHT);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return { canvas, bytes: data };
}
