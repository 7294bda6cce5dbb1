import { type Canvas, createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import { SCENE_HEIGHT, SCENE_WIDTH } from "../ground.ts";
import { trace } from "../paint.ts";
import { farShoreY, HORIZON_Y, shoreY, USUAL_LEVEL_METRES, waterOutline } from "../pond-backdrop.ts";
import { createRandom, hash, plainNoise } from "../random.ts";
import type { Effect } from "./effect.ts";

const SURFACE = waterOutline(USUAL_LEVEL_METRES);

/** Wind on the pond: rows of waves that roll towards the near bank, with dark troughs, and glints where the sun hits. */
export function createWaves(seed: number): Effect {
  const far = farShoreY(USUAL_LEVEL_METRES);
  const speed = 0.000_16 + 0.000_1 * hash(seed);
  return {
    behind(context, atMs) {
      context.save();
      trace(context, SURFACE);
      context.clip();
      for (let row = 0; row < 26; row++) {
        // Evenly spread in depth: near rows are further apart and larger.
        const part = (row / 26 + atMs * speed * 0.35) % 1;
        const y = far + (280 - far) * part * part;
        drawRow(context, y, row + seed * 31, atMs);
      }
      drawGlints(context, seed, atMs, far);
      context.restore();
    },
  };
}

function drawRow(context: SKRSContext2D, y: number, row: number, atMs: number): void {
  const size = (y - HORIZON_Y) / 110;
  context.lineWidth = 0.8 + 2.6 * size;
  for (const [shift, style] of [
    [size * 2.4, "rgba(36,50,46,0.34)"],
    [0, "rgba(222,232,232,0.4)"],
  ] as const) {
    context.strokeStyle = style;
    context.beginPath();
    let isDrawing = false;
    for (let x = -6; x < SCENE_WIDTH + 12; x += 6) {
      const swell = plainNoise(x / (46 * size + 10) + row * 7.3, atMs / 900 + row);
      const crest = y + shift - 4.5 * size * (swell - 0.5);
      if (swell < 0.42) isDrawing = false;
      else if (isDrawing) context.lineTo(x, crest);
      else {
        context.moveTo(x, crest);
        isDrawing = true;
      }
    }
    context.stroke();
  }
}

function drawGlints(context: SKRSContext2D, seed: number, atMs: number, far: number): void {
  context.fillStyle = "rgba(255,253,240,0.9)";
  const beat = Math.floor(atMs / 160);
  for (let index = 0; index < 90; index++) {
    const key = seed * 977 + index * 131 + Math.floor((beat + index) / 2) * 17;
    const part = hash(key);
    const y = far + 4 + (270 - far) * part * part;
    const size = (y - HORIZON_Y) / 130;
    context.fillRect(hash(key + 5) * SCENE_WIDTH, y, 1 + 5 * size * hash(key + 9), 0.6 + 1.2 * size);
  }
}

/** Rain: streaks at the depth of the yard, rings on the water, a grey veil. */
export function createRain(seed: number, onWater: boolean): Effect {
  const slant = 0.1 + 0.25 * hash(seed);
  return {
    behind(context, atMs) {
      if (!onWater) return;
      context.strokeStyle = "rgba(220,230,232,0.5)";
      context.lineWidth = 0.8;
      for (let index = 0; index < 70; index++) {
        const age = atMs / 380 + hash(index + seed);
        const key = Math.floor(age) * 71 + index * 13 + seed;
        const x = hash(key) * SCENE_WIDTH;
        const y = 112 + hash(key + 3) ** 2 * 160;
        if (y > shoreY(x, USUAL_LEVEL_METRES) - 4) continue;
        const wide = ((y - HORIZON_Y) / 16) * (age % 1);
        context.beginPath();
        context.ellipse(x, y, wide, wide * 0.3, 0, 0, 7);
        context.stroke();
      }
    },
    before(context, atMs) {
      context.fillStyle = "rgba(150,160,166,0.2)";
      context.fillRect(0, 0, SCENE_WIDTH, SCENE_HEIGHT);
      const picture = Math.floor(atMs / 66);
      for (const [count, length, wide, style] of [
        [260, 15, 0.7, "rgba(214,222,228,0.34)"],
        [46, 42, 1.6, "rgba(226,232,236,0.4)"],
      ] as const) {
        context.strokeStyle = style;
        context.lineWidth = wide;
        context.beginPath();
        for (let index = 0; index < count; index++) {
          const x = hash(picture * 7919 + index * 31 + seed) * (SCENE_WIDTH + 40);
          const y = hash(picture * 6287 + index * 57 + seed) * (SCENE_HEIGHT + 40) - 40;
          context.moveTo(x, y);
          context.lineTo(x - length * slant, y + length);
        }
        context.stroke();
      }
    },
  };
}

/** Clumps of reed as tall as a person that gusts bend far, on the near bank. */
export function createGusts(seed: number): Effect {
  const random = createRandom(seed + 5);
  const clumps = Array.from({ length: 7 }, (_, index) => ({
    x: 40 + index * 92 + random() * 40,
    y: 300 + random() * 56,
    high: 60 + random() * 70,
    picture: paintReedClump(seed * 13 + index),
    phase: random() * 7,
  }));
  return {
    behind(context, atMs) {
      const gust = 0.35 + 0.65 * plainNoise(atMs / 2600, seed);
      for (const { x, y, high, picture, phase } of clumps) {
        const sway = gust * (0.32 * Math.sin(atMs / 620 + phase) + 0.16 * Math.sin(atMs / 240 + phase * 3));
        context.save();
        context.transform(high / picture.height, 0, -sway, high / picture.height, x, y);
        context.drawImage(picture, -picture.width / 2, -picture.height);
        context.restore();
      }
    },
  };
}

function paintReedClump(seed: number): Canvas {
  const random = createRandom(seed);
  const canvas = createCanvas(90, 140);
  const context = canvas.getContext("2d");
  for (let count = 0; count < 46; count++) {
    const x = 45 + (random() + random() - 1) * 26;
    const high = 60 + random() * 76;
    const bend = (random() - 0.5) * 40;
    const green = 70 + random() * 80;
    context.strokeStyle = `rgba(${green * 0.9},${green * 1.08},${green * 0.5},0.95)`;
    context.lineWidth = 1 + random() * 1.8;
    context.beginPath();
    context.moveTo(x, 140);
    context.quadraticCurveTo(x, 140 - high * 0.6, x + bend, 140 - high);
    context.stroke();
  }
  return canvas;
}

const CLOUD_COLUMNS = 80;
const CLOUD_ROWS = 45;

/** Shadows of clouds that go over the place, down to half of its light, every half minute or so. */
export function createCloudShadow(seed: number): Effect {
  const light = new Float32Array(CLOUD_COLUMNS * CLOUD_ROWS);
  return {
    treat(pixels, atMs) {
      const moved = atMs / 9000;
      for (let row = 0; row < CLOUD_ROWS; row++) {
        for (let column = 0; column < CLOUD_COLUMNS; column++) {
          const value = plainNoise(column / 50 - moved * 1.6 + seed, row / 30 + seed * 3 + moved * 0.3);
          const edge = Math.max(0, Math.min(1, (value - 0.45) * 5));
          light[row * CLOUD_COLUMNS + column] = 1 - 0.48 * edge;
        }
      }
      for (let y = 0, at = 0; y < SCENE_HEIGHT; y++) {
        const row = (y >> 3) * CLOUD_COLUMNS;
        for (let x = 0; x < SCENE_WIDTH; x++, at += 4) {
          const share = light[row + (x >> 3)] as number;
          pixels[at] = (pixels[at] as number) * share;
          pixels[at + 1] = (pixels[at + 1] as number) * share;
          pixels[at + 2] = (pixels[at + 2] as number) * share;
        }
      }
    },
  };
}
