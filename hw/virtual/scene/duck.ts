import type { SKRSContext2D } from "@napi-rs/canvas";
import { HORIZON_Y } from "./pond-backdrop.ts";

/** One duck and the slow loop it swims, in pixels and milliseconds. */
export interface Duck {
  readonly x: number;
  readonly y: number;
  readonly wide: number;
  readonly high: number;
  readonly roundMs: number;
  readonly phase: number;
  readonly white: boolean;
}

export interface SwimmingDuck {
  readonly x: number;
  readonly y: number;
  /** 1 swims to the right, -1 to the left. */
  readonly direction: 1 | -1;
  readonly white: boolean;
  readonly bob: number;
}

export const DUCKS: readonly Duck[] = [
  { x: 240, y: 150, wide: 120, high: 14, roundMs: 71_000, phase: 0, white: true },
  { x: 216, y: 157, wide: 120, high: 14, roundMs: 71_000, phase: -0.24, white: true },
  { x: 262, y: 146, wide: 118, high: 12, roundMs: 71_000, phase: -0.45, white: false },
  { x: 110, y: 190, wide: 60, high: 12, roundMs: 53_000, phase: 2, white: false },
];

export function duckAt(duck: Duck, atMs: number): SwimmingDuck {
  const angle = (atMs / duck.roundMs) * 2 * Math.PI + duck.phase;
  return {
    x: duck.x + duck.wide * Math.cos(angle),
    y: duck.y + duck.high * Math.sin(angle),
    direction: Math.sin(angle) > 0 ? -1 : 1,
    white: duck.white,
    bob: Math.sin(atMs / 420 + duck.phase * 9),
  };
}

/** A swimming duck with its wake; about 0.4 m long. */
export function drawDuck(context: SKRSContext2D, { x, y, direction, white, bob }: SwimmingDuck): void {
  const size = (y - HORIZON_Y) * 0.085;
  context.save();
  context.translate(x, y + bob * 0.3);
  context.scale(direction * size, size);
  context.strokeStyle = "rgba(225,232,232,0.35)";
  context.lineWidth = 0.09;
  for (const side of [-1, 1]) {
    context.beginPath();
    context.moveTo(0.5, 0.02);
    context.quadraticCurveTo(-0.8, 0.1 + side * 0.1, -3, 0.1 + side * 0.42);
    context.stroke();
  }
  context.fillStyle = white ? "rgba(220,226,222,0.35)" : "rgba(60,52,40,0.4)";
  blob(context, -0.05, 0.3, 0.85, 0.2);
  context.fillStyle = white ? "#ece9e0" : "#7c684e";
  context.beginPath();
  context.moveTo(-1.05, -0.42);
  context.quadraticCurveTo(-0.75, -0.3, -0.4, -0.46);
  context.quadraticCurveTo(0.3, -0.62, 0.72, -0.28);
  context.quadraticCurveTo(0.85, 0.06, 0.4, 0.16);
  context.quadraticCurveTo(-0.6, 0.22, -0.88, -0.02);
  context.closePath();
  context.fill();
  context.fillStyle = white ? "rgba(120,126,124,0.5)" : "rgba(38,30,22,0.5)";
  blob(context, -0.1, 0.05, 0.72, 0.16);
  context.fillStyle = white ? "#e9e8e0" : "#3e5a44";
  blob(context, 0.62, -0.5, 0.15, 0.34);
  blob(context, 0.68, -0.82, 0.23, 0.2);
  context.fillStyle = "#d39a34";
  blob(context, 0.96, -0.78, 0.17, 0.065);
  context.restore();
}

function blob(context: SKRSContext2D, x: number, y: number, wide: number, high: number): void {
  context.beginPath();
  context.ellipse(x, y, wide, high, 0, 0, Math.PI * 2);
  context.fill();
}
