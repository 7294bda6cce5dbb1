import { type Canvas, createCanvas, type SKRSContext2D } from "@napi-rs/canvas";
import { SCENE_HEIGHT, SCENE_WIDTH } from "./ground.ts";
import { trace } from "./paint.ts";
import { css } from "./person.ts";
import {
  FAR_SHORE_Y,
  farShoreY,
  HORIZON_Y,
  shoreY,
  USUAL_LEVEL_METRES,
  waterOutline,
} from "./pond-backdrop.ts";
import { hash, plainNoise } from "./random.ts";
import type { Area } from "./stage.ts";

const MARGIN = 12;
const STRIPS = 26;
const CRESTS = 30;
/** Where the staff gauge stands, and how many pixels a metre of it takes. */
const GAUGE = { x: 214, pixelsPerMetre: 34, footY: 196, wide: 7 } as const;

/** All that the water, the gauge, the ducks and the reeds can cover: the shore falls to the left. */
export const WATER_AREAS: readonly Area[] = [
  { x: 0, y: 96, wide: 240, high: 222 },
  { x: 240, y: 96, wide: 160, high: 192 },
  { x: 400, y: 96, wide: 120, high: 156 },
  { x: 520, y: 96, wide: 120, high: 116 },
];

export interface Water {
  /** Draws the surface, its waves, the gauge and the wet edge. */
  draw(context: SKRSContext2D, atMs: number, levelMetres: number): void;
}

/** @param backdrop what stands behind the pond and shows in it upside down. */
export function createWater(backdrop: Canvas): Water {
  const surface = paintSurface(backdrop);
  const gauge = paintGauge();
  let outline = { levelMetres: Number.NaN, shape: waterOutline(USUAL_LEVEL_METRES) };

  return {
    draw(context, atMs, levelMetres) {
      if (outline.levelMetres !== levelMetres) outline = { levelMetres, shape: waterOutline(levelMetres) };
      context.save();
      trace(context, outline.shape);
      context.clip();
      drawSurface(context, surface, atMs, levelMetres);
      context.restore();
      drawCrests(context, atMs, levelMetres);
      drawEdge(context, atMs, levelMetres);
      drawGauge(context, gauge, levelMetres, atMs);
    },
  };
}

/** Still water: the sky and the far bank mirrored, darker and greener towards the camera. */
function paintSurface(backdrop: Canvas): Canvas {
  const canvas = createCanvas(SCENE_WIDTH + 2 * MARGIN, SCENE_HEIGHT);
  const context = canvas.getContext("2d");
  const depth = context.createLinearGradient(0, FAR_SHORE_Y - 8, 0, 300);
  depth.addColorStop(0, "#8fa09c");
  depth.addColorStop(0.3, "#93a5a4");
  depth.addColorStop(0.65, "#7f9188");
  depth.addColorStop(1, "#5f6f5c");
  context.fillStyle = depth;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.save();
  context.globalAlpha = 0.62;
  context.filter = "blur(1.4px)";
  context.translate(MARGIN, 2 * FAR_SHORE_Y);
  context.scale(1, -1);
  // Only what lies between the shore and the hilltops is mirrored; the rest is sky, which the gradient gives.
  context.drawImage(
    backdrop,
    0,
    24,
    SCENE_WIDTH,
    FAR_SHORE_Y - 24,
    0,
    24 - 14,
    SCENE_WIDTH,
    FAR_SHORE_Y - 24 + 14,
  );
  context.restore();
  const veil = context.createLinearGradient(0, FAR_SHORE_Y + 10, 0, FAR_SHORE_Y + 98);
  veil.addColorStop(0, "rgba(140,156,152,0)");
  veil.addColorStop(1, "rgba(134,150,144,1)");
  context.fillStyle = veil;
  context.fillRect(0, FAR_SHORE_Y + 10, canvas.width, 88);
  const near = context.createLinearGradient(0, FAR_SHORE_Y + 98, 0, 300);
  near.addColorStop(0, "rgb(134,150,144)");
  near.addColorStop(1, "rgb(92,104,84)");
  context.fillStyle = near;
  context.fillRect(0, FAR_SHORE_Y + 98, canvas.width, 220);
  paintSwell(context);
  return canvas;
}

/** Long soft light and dark streaks of a light breeze. */
function paintSwell(context: SKRSContext2D): void {
  for (let row = FAR_SHORE_Y; row < 310; row += 1) {
    const depth = 900 / (row - HORIZON_Y);
    for (let column = 0; column < SCENE_WIDTH + 2 * MARGIN; column += 4) {
      const value =
        plainNoise((column * depth) / 260, depth * 9) + plainNoise((column * depth) / 90, depth * 23) - 1;
      const alpha = Math.min(0.16, Math.abs(value) * 0.16);
      context.fillStyle = value > 0 ? `rgba(214,224,224,${alpha})` : `rgba(40,54,44,${alpha})`;
      context.fillRect(column, row, 4, 1);
    }
  }
}

/** The still surface in strips that sway against each other, wider and slower near the camera. */
function drawSurface(context: SKRSContext2D, surface: Canvas, atMs: number, levelMetres: number): void {
  const top = Math.floor(farShoreY(levelMetres)) - 2;
  const bottom = 320;
  let from = top;
  // Whole pixels only: smoothing would cost three times as much and blur what the breeze makes sharp.
  context.imageSmoothingEnabled = false;
  for (let index = 0; index < STRIPS; index++) {
    const to = Math.round(top + (bottom - top) * ((index + 1) / STRIPS) ** 1.5);
    if (to <= from) continue;
    const near = (from - top) / (bottom - top);
    const sway = (0.5 + 2.6 * near) * Math.sin(atMs / (520 + 500 * near) + index * 1.7);
    const lift = (0.2 + 0.9 * near) * Math.sin(atMs / (800 + 300 * near) + index * 0.9);
    const sourceY = Math.min(SCENE_HEIGHT - (to - from) - 1, Math.max(0, from + lift));
    context.drawImage(
      surface,
      ...([MARGIN + sway, sourceY, SCENE_WIDTH, to - from + 1] as const),
      ...([0, from, SCENE_WIDTH, to - from + 1] as const),
    );
    from = to;
  }
}

/** Short crests that come, drift and go. */
function drawCrests(context: SKRSContext2D, atMs: number, levelMetres: number): void {
  context.lineCap = "round";
  for (let index = 0; index < CRESTS; index++) {
    const lifeMs = 1500 + hash(index) * 1600;
    const age = atMs / lifeMs + hash(index + 100);
    const part = age % 1;
    const round = Math.floor(age) * 131 + index;
    const away = hash(round + 7) ** 1.6;
    const y = FAR_SHORE_Y + 6 + away * 160;
    const x = hash(round + 3) * 680 - 20 + part * 8;
    const size = (y - HORIZON_Y) / 120;
    const strength = Math.sin(part * Math.PI) * (0.1 + 0.16 * hash(round));
    const reach = size * (9 + 16 * hash(round + 9));
    if (y > Math.min(shoreY(x - reach, levelMetres), shoreY(x + reach, levelMetres)) - 3) continue;
    context.strokeStyle =
      hash(round + 1) > 0.42 ? css([226, 234, 234], strength) : css([38, 50, 42], strength);
    context.lineWidth = 0.6 + size * 0.55;
    context.beginPath();
    context.moveTo(x - reach, y);
    context.quadraticCurveTo(x, y - size * 1.5, x + reach, y + size * 0.3);
    context.stroke();
  }
}

/** Where the water licks the mud: a bright lip and a wet shade below it. */
function drawEdge(context: SKRSContext2D, atMs: number, levelMetres: number): void {
  for (const [below, width, style] of [
    [2.6, 3.4, "rgba(40,32,22,0.35)"],
    [0, 1.1, "rgba(214,220,210,0.4)"],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = width;
    context.beginPath();
    for (let x = -4; x <= SCENE_WIDTH + 6; x += 13) {
      const lick = 0.9 * Math.sin(atMs / 900 + x / 31) + 0.4 * Math.sin(atMs / 530 + x / 11);
      const y = shoreY(x, levelMetres) + below + lick;
      if (x === -4) context.moveTo(x, y);
      else context.lineTo(x, y);
    }
    context.stroke();
  }
}

/** The staff gauge, 0 to 4.4 m, in the red and white E pattern that hydrologists paint. */
function paintGauge(): Canvas {
  const { pixelsPerMetre, wide } = GAUGE;
  const scale = 3;
  const canvas = createCanvas(wide * scale, Math.round(4.4 * pixelsPerMetre * scale));
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  const high = 4.4 * pixelsPerMetre;
  const round = context.createLinearGradient(0, 0, wide, 0);
  round.addColorStop(0, "#f4f4ee");
  round.addColorStop(1, "#a9a9a2");
  context.fillStyle = round;
  context.fillRect(0, 0, wide, high);
  for (let decimetre = 0; decimetre < 44; decimetre++) {
    const y = high - (decimetre + 1) * (pixelsPerMetre / 10);
    context.fillStyle = Math.floor(decimetre / 10) % 2 === 0 ? "#b3302a" : "#20406e";
    if (decimetre % 2 === 0)
      context.fillRect(decimetre % 4 === 0 ? 0 : wide / 2, y, wide / 2, pixelsPerMetre / 10);
  }
  return canvas;
}

function drawGauge(context: SKRSContext2D, gauge: Canvas, levelMetres: number, atMs: number): void {
  const { x, pixelsPerMetre, footY, wide } = GAUGE;
  // The water stands at `footY`; what of the staff is above it shows.
  const above = Math.max(0, 4.4 - levelMetres) * pixelsPerMetre;
  const part = (above / (4.4 * pixelsPerMetre)) * gauge.height;
  context.drawImage(gauge, 0, 0, gauge.width, part, x, footY - above, wide, above);
  context.save();
  context.globalAlpha = 0.3;
  context.translate(1.2 * Math.sin(atMs / 500), 2 * footY);
  context.scale(1, -1);
  const shown = above * 0.55;
  const shownPart = (shown / (4.4 * pixelsPerMetre)) * gauge.height;
  context.drawImage(gauge, 0, part - shownPart, gauge.width, shownPart, x, footY - shown, wide, shown);
  context.restore();
  context.strokeStyle = "rgba(225,232,230,0.5)";
  context.lineWidth = 1;
  context.beginPath();
  context.ellipse(x + wide / 2, footY, wide * (0.9 + 0.15 * Math.sin(atMs / 350)), 1.6, 0, 0, 7);
  context.stroke();
}
