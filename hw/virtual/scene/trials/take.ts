// hw/virtual/scene/trials: clips to try the detection with: what must raise no alarm, and real people who must. Drawn from
// the virtual kit's own places; people are cut out of footage that is given and go nowhere but into the clips.
import { createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import { SCENE_HEIGHT, SCENE_WIDTH } from "../ground.ts";
import { drawShadow } from "../person.ts";
import { CUTOUTS_PER_SECOND, type Cutout } from "./cutouts.ts";
import type { Effect } from "./effect.ts";
import type { Lane, Place } from "./places.ts";

/** Somebody who walks along a lane once. */
export interface Walker {
  readonly cutouts: readonly Cutout[];
  readonly lane: Lane;
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Take {
  readonly place: Place;
  readonly effects: readonly Effect[];
  readonly walker?: Walker | undefined;
}

/** Where the walker is: middle of the feet, height in pixels. */
interface Stand {
  readonly cutout: Cutout;
  readonly x: number;
  readonly y: number;
  readonly high: number;
  readonly wide: number;
}

/**
 * Draws take after take at an instant.
 * @returns RGBA of 640x360, new each time.
 */
export function createTakeCamera(): (take: Take, atMs: number) => Uint8ClampedArray {
  const context = createCanvas(SCENE_WIDTH, SCENE_HEIGHT).getContext("2d", { alpha: false });
  return ({ place, effects, walker }, atMs) => {
    place.draw(context, atMs);
    for (const effect of effects) effect.behind?.(context, atMs);
    const stand = walker && standAt(walker, atMs);
    if (stand) drawWalker(context, stand);
    for (const effect of effects) effect.before?.(context, atMs);
    const { data } = context.getImageData(0, 0, SCENE_WIDTH, SCENE_HEIGHT);
    for (const effect of effects) effect.treat?.(data, atMs);
    return data;
  };
}

/** When at least half of the walker is in the picture, in milliseconds; the outline's own rectangle counts. */
export function inViewMs(walker: Walker, framesPerSecond: number): readonly [fromMs: number, toMs: number] {
  const seen: number[] = [];
  for (let frame = 0; (frame * 1000) / framesPerSecond <= walker.toMs; frame++) {
    const atMs = (frame * 1000) / framesPerSecond;
    const stand = standAt(walker, atMs);
    if (stand && stand.x > 0 && stand.x < SCENE_WIDTH) seen.push(atMs);
  }
  return [seen[0] ?? walker.fromMs, seen.at(-1) ?? walker.toMs];
}

function standAt({ cutouts, lane, fromMs, toMs }: Walker, atMs: number): Stand | undefined {
  if (atMs < fromMs || atMs >= toMs) return undefined;
  const part = (atMs - fromMs) / (toMs - fromMs);
  // To and fro through the pictures: from the last to the first one would jump.
  const step = Math.floor(((atMs - fromMs) / 1000) * CUTOUTS_PER_SECOND);
  const round = step % Math.max(1, 2 * (cutouts.length - 1));
  const cutout = cutouts[Math.min(round, 2 * (cutouts.length - 1) - round)];
  if (!cutout) return undefined;
  const high = (lane.high[0] + (lane.high[1] - lane.high[0]) * part) * SCENE_HEIGHT;
  return {
    cutout,
    x: lane.from[0] + (lane.to[0] - lane.from[0]) * part,
    y: lane.from[1] + (lane.to[1] - lane.from[1]) * part,
    high,
    wide: (high * cutout.wide) / cutout.high,
  };
}

function drawWalker(context: SKRSContext2D, { cutout, x, y, high, wide }: Stand): void {
  drawShadow(context, { x, y, pixelsPerMetre: high / 1.72 }, 1);
  context.save();
  context.imageSmoothingQuality = "high";
  context.drawImage(cutout.picture, x - wide / 2, y - high, wide, high);
  context.restore();
}
