import { describe, expect, test } from "vitest";
import type { Polygon } from "../../../src/core/geometry.ts";
import { addNoise, createNoise, createViewing, drawFigure, drawPlace, fillBox } from "./drawing.ts";

const WHOLE: Polygon = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];
const KEY_FRAME_MS = 800;

function learnt(lookMs = KEY_FRAME_MS) {
  const viewing = createViewing(WHOLE, lookMs);
  viewing.watch(8, () => drawPlace());
  return viewing;
}

describe("movement by key frames, 1.25 looks a second", () => {
  test("does not stir in an empty place, also through the camera's noise", () => {
    const noise = createNoise(7);
    const viewing = learnt();
    expect(viewing.watch(60, () => addNoise(drawPlace(), 8, noise))).toBe(0);
    expect(viewing.isStirring()).toBe(false);
  });

  test("stirs on the first look with somebody", () => {
    const viewing = learnt();
    viewing.look(drawFigure(drawPlace(), 100, 140));
    expect(viewing.isStirring()).toBe(true);
  });

  test("stirs while the place is being learnt, and after the light changed", () => {
    const viewing = createViewing(WHOLE, KEY_FRAME_MS);
    viewing.look(drawPlace());
    expect(viewing.isStirring()).toBe(true);
    viewing.watch(8, () => drawPlace());
    expect(viewing.isStirring()).toBe(false);
    viewing.look(fillBox(drawPlace(), 0, 0, 250, 180, (x) => (x % 9) * 25));
    expect(viewing.isStirring()).toBe(true);
  });

  test("keeps one who stands still for a minute without stirring, and stirs when he walks on", () => {
    const viewing = learnt();
    const stands = () => drawFigure(drawPlace(), 100, 140);
    viewing.watch(4, stands);
    expect(viewing.watch(60, stands)).toBe(75);
    expect(viewing.isStirring()).toBe(false);
    viewing.look(drawFigure(drawPlace(), 130, 140));
    expect(viewing.isStirring()).toBe(true);
  });

  test.each([
    ["5 looks", 200],
    ["1.25 looks", KEY_FRAME_MS],
  ])("takes a parked car into the background after two minutes at %s a second", (_name, lookMs) => {
    const viewing = learnt(lookMs);
    const car = () => fillBox(drawPlace(), 60, 100, 60, 30, () => 220);
    const looks = (seconds: number) => (seconds * 1000) / lookMs;
    expect(viewing.watch(110, car)).toBeGreaterThan(looks(110) - 3);
    viewing.watch(15, car);
    expect(viewing.watch(10, car)).toBe(0);
  });

  test("does not take exposure that creeps up for somebody", () => {
    const viewing = learnt();
    expect(viewing.watch(16, (look) => drawPlace(Math.min(60, look * 3)))).toBe(0);
  });
});
