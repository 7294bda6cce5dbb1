import { createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import { SCENE_HEIGHT, SCENE_WIDTH } from "./ground.ts";
import { type Colour, css, shade } from "./person.ts";
import { plainNoise, type Random } from "./random.ts";

// Brushes for backdrops. Light comes from the upper left in all of them.

export type Pixels = readonly (readonly [x: number, y: number])[];

export function fillShape(context: SKRSContext2D, shape: Pixels, style: SKRSContext2D["fillStyle"]): void {
  trace(context, shape);
  context.fillStyle = style;
  context.fill();
}

export function trace(context: SKRSContext2D, shape: Pixels): void {
  context.beginPath();
  shape.forEach(([x, y], index) => {
    if (index === 0) context.moveTo(x, y);
    else context.lineTo(x, y);
  });
  context.closePath();
}

/** A vertical gradient from `top` to `bottom`. */
export function fall(context: SKRSContext2D, top: number, bottom: number, ...colours: readonly Colour[]) {
  const gradient = context.createLinearGradient(0, top, 0, bottom);
  colours.forEach((colour, index) => {
    gradient.addColorStop(colours.length < 2 ? 0 : index / (colours.length - 1), css(colour));
  });
  return gradient;
}

/** A hazy sky with soft clouds down to `bottom`. */
export function paintSky(context: SKRSContext2D, random: Random, bottom: number): void {
  context.fillStyle = fall(context, 0, bottom, [150, 178, 204], [186, 203, 215], [219, 222, 219]);
  context.fillRect(0, 0, SCENE_WIDTH, bottom + 2);
  for (let count = 0; count < 60; count++) {
    const x = random() * SCENE_WIDTH;
    const y = random() * bottom * 0.8;
    softBlob(context, x, y, 40 + random() * 90, 5 + random() * 10, [240, 241, 240], 0.11);
  }
}

/** An ellipse that fades out. */
export function softBlob(
  context: SKRSContext2D,
  ...[x, y, wide, high, colour, alpha]: [number, number, number, number, Colour, number]
): void {
  context.save();
  context.translate(x, y);
  context.scale(wide, high);
  const fade = context.createRadialGradient(0, 0, 0, 0, 0, 1);
  fade.addColorStop(0, css(colour, alpha));
  fade.addColorStop(0.6, css(colour, alpha * 0.6));
  fade.addColorStop(1, css(colour, 0));
  context.fillStyle = fade;
  context.fillRect(-1, -1, 2, 2);
  context.restore();
}

/** A line of hills: `height` above `base`, rolling. */
export function paintHills(
  context: SKRSContext2D,
  base: number,
  height: number,
  phase: number,
  colour: Colour,
): void {
  const ridge = Array.from({ length: 81 }, (_, index) => {
    const x = (index / 80) * SCENE_WIDTH;
    const swell = plainNoise(x / 130 + phase, phase) * 0.75 + plainNoise(x / 34 + phase, 3) * 0.25;
    return [x, base - height * swell] as const;
  });
  const shape = [...ridge, [SCENE_WIDTH, base + 3] as const, [0, base + 3] as const];
  fillShape(context, shape, fall(context, base - height, base, colour, shade(colour, 1.12)));
}

export interface Crown {
  readonly x: number;
  readonly y: number;
  readonly wide: number;
  readonly high: number;
  readonly colour: Colour;
}

/** The crown of a tree or bush out of many leaves, lit from the upper left. */
export function paintFoliage(context: SKRSContext2D, random: Random, crown: Crown): void {
  const { x, y, wide, high, colour } = crown;
  const leaf = Math.max(0.9, Math.min(3.2, wide / 11));
  const count = Math.round(Math.min(900, (wide * high * 2.6) / leaf));
  // Some big masses first, so that the outline is not an ellipse.
  const masses = Array.from({ length: 9 }, () => {
    const angle = random() * Math.PI * 2;
    const out = 0.25 + random() * 0.5;
    return { x: Math.cos(angle) * out, y: Math.sin(angle) * out, size: 0.3 + random() * 0.28 };
  });
  for (let index = 0; index < count; index++) {
    const mass = masses[Math.floor(random() * masses.length)] ?? { x: 0, y: 0, size: 0.5 };
    const angle = random() * Math.PI * 2;
    const out = Math.sqrt(random()) * mass.size;
    const across = mass.x + Math.cos(angle) * out;
    const down = mass.y + Math.sin(angle) * out * 0.9;
    const inMass = (-(Math.cos(angle) * 0.5) - Math.sin(angle)) * (out / mass.size);
    const early = index < count * 0.35 ? 0.62 : 1;
    const light = early * (0.78 - across * 0.16 - down * 0.3 + inMass * 0.16 + (random() - 0.5) * 0.26);
    context.fillStyle = css(shade(colour, light), 0.88);
    context.beginPath();
    const size = leaf * (0.6 + random() * 0.8);
    context.ellipse(
      x + across * wide,
      y + down * high,
      size * 1.25,
      size * 0.8,
      random() * 3,
      0,
      Math.PI * 2,
    );
    context.fill();
  }
}

export interface Tree extends Crown {
  /** Where the trunk meets the ground. */
  readonly foot: number;
}

export function paintTree(context: SKRSContext2D, random: Random, tree: Tree): void {
  const { x, y, wide, high, foot } = tree;
  softBlob(context, x + wide * 0.35, foot + 1, wide * 1.1, Math.max(2, wide * 0.14), [30, 34, 24], 0.5);
  const trunk = Math.max(1.2, wide * 0.085);
  const bark = context.createLinearGradient(x - trunk, 0, x + trunk, 0);
  bark.addColorStop(0, "#8a7a66");
  bark.addColorStop(1, "#3b3228");
  const shape: Pixels = [
    ...([
      [x - trunk * 1.3, foot + 1],
      [x - trunk * 0.7, y],
    ] as const),
    ...([
      [x + trunk * 0.7, y],
      [x + trunk * 1.4, foot + 1],
    ] as const),
  ];
  fillShape(context, shape, bark);
  paintFoliage(context, random, { ...tree, high });
}

export interface Texture {
  readonly horizonY: number;
  /** Grain across and away: larger is coarser. */
  readonly grain: number;
  /** 0 to 1, how much it lightens and darkens. */
  readonly contrast: number;
  /** How much longer its spots are along the line of sight than across; 1 is round. */
  readonly stretch: number;
}

/** Roughens what has been painted inside `shape` with grain that gets finer towards the horizon. */
export function paintTexture(context: SKRSContext2D, shape: Pixels, texture: Texture): void {
  const { horizonY, grain, contrast, stretch } = texture;
  const overlay = createCanvas(SCENE_WIDTH, SCENE_HEIGHT);
  const overlayContext = overlay.getContext("2d");
  const image = overlayContext.createImageData(SCENE_WIDTH, SCENE_HEIGHT);
  for (let row = Math.ceil(horizonY) + 1; row < SCENE_HEIGHT; row++) {
    const depth = 300 / (row - horizonY);
    const unit = depth / grain;
    for (let column = 0; column < SCENE_WIDTH; column++) {
      const u = ((column - SCENE_WIDTH / 2) * unit) / 4;
      const v = (depth * 107) / (grain * stretch);
      const value =
        plainNoise(u, v) * 0.34 +
        plainNoise(u * 3.1 + 7, v * 3.1) * 0.36 +
        plainNoise(column * 0.83, row * 0.91) * 0.3;
      const at = (row * SCENE_WIDTH + column) * 4;
      const swing = (value - 0.5) * 2 * contrast;
      const light = swing > 0 ? 255 : 0;
      image.data[at] = light;
      image.data[at + 1] = light;
      image.data[at + 2] = light * 0.9;
      image.data[at + 3] = Math.min(255, Math.abs(swing) * 255);
    }
  }
  overlayContext.putImageData(image, 0, 0);
  context.save();
  trace(context, shape);
  context.clip();
  context.drawImage(overlay, 0, 0, SCENE_WIDTH, SCENE_HEIGHT);
  context.restore();
}

/** Blades of grass that stand on the points `at` gives; longer near the camera. */
export function paintGrass(
  context: SKRSContext2D,
  random: Random,
  count: number,
  at: () => readonly [x: number, y: number, length: number],
): void {
  context.lineCap = "round";
  for (let index = 0; index < count; index++) {
    const [x, y, length] = at();
    const light = 0.6 + random() * 0.65;
    context.strokeStyle = css(shade([104, 122, 62], light), 0.75);
    context.lineWidth = 0.5 + length * 0.05;
    context.beginPath();
    context.moveTo(x, y);
    context.quadraticCurveTo(x, y - length * 0.6, x + (random() - 0.5) * length, y - length);
    context.stroke();
  }
}

/** Darkens the corners as a small lens does, and takes a little of the colour. */
export function finishLens(context: SKRSContext2D): void {
  const fade = context.createRadialGradient(320, 180, 190, 320, 180, 400);
  fade.addColorStop(0, "rgba(10,12,16,0)");
  fade.addColorStop(1, "rgba(10,12,16,0.34)");
  context.fillStyle = fade;
  context.fillRect(0, 0, SCENE_WIDTH, SCENE_HEIGHT);
}
