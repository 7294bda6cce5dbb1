import { type Canvas, createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import { css, shade } from "./person.ts";
import { createRandom } from "./random.ts";

export interface Reeds {
  /** The clumps that stand still, for the backdrop. */
  paintStill(context: SKRSContext2D): void;
  /** The big one behind the bank, which the wind moves. */
  draw(context: SKRSContext2D, atMs: number): void;
}

interface Clump {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly picture: Canvas;
}

const PICTURE = 140;

/** Clumps of reed that sway in the wind, painted once. */
export function createReeds(): Reeds {
  const pictures = [11, 12, 13].map(paintClump);
  const clump = (x: number, y: number, scale: number, index: number): Clump[] => {
    const picture = pictures[index];
    return picture ? [{ x, y, scale, picture }] : [];
  };
  const still = [
    ...clump(604, 186, 0.46, 2),
    ...clump(634, 182, 0.5, 0),
    ...clump(574, 193, 0.34, 1),
    ...clump(8, 368, 1.05, 2),
  ];
  const swaying = [...clump(18, 285, 0.84, 0), ...clump(52, 288, 0.62, 1)];
  const drawAll = (context: SKRSContext2D, clumps: readonly Clump[], atMs: number): void => {
    for (const { x, y, scale, picture } of clumps) {
      const sway = 0.05 * Math.sin(atMs / 1150 + x) + 0.02 * Math.sin(atMs / 430 + x * 3);
      context.save();
      context.transform(scale, 0, -sway, scale, x, y);
      context.drawImage(picture, -PICTURE / 2, -PICTURE, PICTURE, PICTURE);
      context.restore();
    }
  };
  return {
    paintStill: (context) => drawAll(context, still, 0),
    draw: (context, atMs) => drawAll(context, swaying, atMs),
  };
}

function paintClump(seed: number): Canvas {
  const random = createRandom(seed);
  const canvas = createCanvas(PICTURE, PICTURE);
  const context = canvas.getContext("2d");
  context.lineCap = "round";
  for (let count = 0; count < 70; count++) {
    const x = PICTURE / 2 + (random() + random() - 1) * 34;
    const high = PICTURE * (0.35 + random() * 0.5);
    const bend = (random() - 0.45) * 46;
    const colour = shade([112, 128, 64], 0.55 + random() * 0.65);
    context.strokeStyle = css(colour, 0.95);
    context.lineWidth = 1 + random() * 1.4;
    context.beginPath();
    context.moveTo(x, PICTURE);
    context.quadraticCurveTo(x + bend * 0.12, PICTURE - high * 0.7, x + bend, PICTURE - high);
    context.stroke();
    if (count % 7 === 0) {
      context.strokeStyle = css([104, 78, 48], 0.95);
      context.lineWidth = 3.6;
      context.beginPath();
      context.moveTo(x + bend, PICTURE - high);
      context.lineTo(x + bend * 1.14, PICTURE - high - 11);
      context.stroke();
    }
  }
  return canvas;
}
