import { describe, expect, test } from "vitest";
import type { Polygon } from "../../../src/core/geometry.ts";
import { addNoise, createNoise, createViewing, drawFigure, drawPlace, fillBox } from "./drawing.ts";

const WHOLE: Polygon = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];
const RIGHT_HALF: Polygon = [
  [0.5, 0],
  [1, 0],
  [1, 1],
  [0.5, 1],
];

function learnt(zone: Polygon = WHOLE) {
  const viewing = createViewing(zone);
  viewing.watch(4, () => drawPlace());
  return viewing;
}

describe("the movement detector", () => {
  test("finds nobody in an empty place, also through the camera's noise", () => {
    const noise = createNoise(7);
    expect(createViewing(WHOLE).watch(20, () => addNoise(drawPlace(), 8, noise))).toBe(0);
  });

  test("finds a figure on its second look and not on its first", () => {
    const viewing = learnt();
    const first = viewing.look(drawFigure(drawPlace(), 100, 140));
    const second = viewing.look(drawFigure(drawPlace(), 104, 140));
    expect([first.present, second.present, second.changed]).toEqual([false, true, true]);
  });

  test("says where it is, in fractions of the picture", () => {
    const viewing = learnt();
    const [box] = viewing.look(drawFigure(drawPlace(), 160, 140)).boxes;
    expect(box?.x).toBeCloseTo(151 / 320, 1);
    expect(box?.y).toBeCloseTo(80 / 180, 1);
    expect(box?.width).toBeCloseTo(18 / 320, 1);
    expect(box?.height).toBeCloseTo(60 / 180, 1);
  });

  test("reports one who walks from outside only once the feet are in the zone", () => {
    const viewing = learnt(RIGHT_HALF);
    const enteredAt: number[] = [];
    for (let x = 60; x < 260; x += 4) {
      if (viewing.look(drawFigure(drawPlace(), x, 140)).present) enteredAt.push(x);
    }
    expect(enteredAt[0]).toBeGreaterThanOrEqual(160);
    expect(enteredAt[0]).toBeLessThanOrEqual(180);
  });

  test("finds a far figure of 8 % of the picture's height", () => {
    const viewing = learnt();
    const draw = (x: number) => fillBox(drawPlace(), x, 70, 6, 15, () => 40);
    viewing.look(draw(100));
    expect(viewing.look(draw(101)).present).toBe(true);
  });

  test("lets one who is out of sight for less than 2 s stay, and has left after 2 s", () => {
    const viewing = learnt();
    viewing.watch(1, (look) => drawFigure(drawPlace(), 100 + look, 140));
    expect(viewing.watch(1.8, () => drawPlace())).toBe(9);
    expect(viewing.look(drawPlace())).toMatchObject({ present: false, changed: true });
  });

  test("keeps one who stands still for a minute and notices when he walks on", () => {
    const viewing = learnt();
    viewing.watch(2, (look) => drawFigure(drawPlace(), 60 + look * 4, 140));
    expect(viewing.watch(60, () => drawFigure(drawPlace(), 100, 140))).toBe(300);
    viewing.watch(3, (look) => drawFigure(drawPlace(), 100 + look * 15, 140));
    viewing.watch(3, () => drawPlace());
    expect(viewing.look(drawPlace()).present).toBe(false);
  });

  test("takes what stands for minutes, a parked car, into the background", () => {
    const viewing = learnt();
    const draw = () => fillBox(drawPlace(), 60, 100, 60, 30, () => 220);
    expect(viewing.watch(60, draw)).toBeGreaterThan(290);
    viewing.watch(65, draw);
    expect(viewing.watch(10, draw)).toBe(0);
  });

  test("does not take for a figure the hole that one leaves who was there from the start", () => {
    const viewing = createViewing(WHOLE);
    viewing.watch(20, () => drawFigure(drawPlace(), 100, 140));
    viewing.watch(3, (look) => drawFigure(drawPlace(), 100 + look * 20, 140));
    viewing.watch(4, () => drawPlace());
    expect(viewing.watch(10, () => drawPlace())).toBe(0);
  });

  test.each([
    ["a lamp that is switched on", 70],
    ["a lamp that is switched off", -70],
    ["a cloud", -30],
  ])("does not take %s for somebody", (_name, brightness) => {
    const viewing = learnt();
    expect(viewing.watch(10, () => drawPlace(brightness))).toBe(0);
  });

  test("does not take exposure that creeps up for somebody", () => {
    const viewing = learnt();
    expect(viewing.watch(10, (look) => drawPlace(Math.min(60, look * 3)))).toBe(0);
  });

  test("sees a figure a second after the light changed", () => {
    const viewing = learnt();
    viewing.watch(1.2, () => drawPlace(-70));
    expect(viewing.watch(1, (look) => drawFigure(drawPlace(-70), 60 + look * 4, 140, 200))).toBeGreaterThan(
      0,
    );
  });

  test("sees a figure while the exposure reacts to it", () => {
    const viewing = learnt();
    const present = viewing.watch(2, (look) =>
      drawFigure(drawPlace(Math.min(40, look * 8)), 60 + look * 4, 140),
    );
    expect(present).toBe(9);
  });

  test("does not take a single flash for somebody", () => {
    const viewing = learnt();
    const flash = () => fillBox(drawPlace(), 100, 60, 40, 40, () => 255);
    expect(viewing.watch(10, (look) => (look % 10 === 0 ? flash() : drawPlace()))).toBe(0);
  });

  test("learns ripples within half a minute, and still sees a figure beside them", () => {
    const viewing = learnt();
    const pond = (look: number) =>
      fillBox(
        drawPlace(),
        0,
        120,
        320,
        60,
        (x, y, before) => before + 25 * Math.sin(x / 9 + y / 5 + look * 1.3),
      );
    viewing.watch(30, pond);
    expect(viewing.watch(20, pond)).toBe(0);
    expect(viewing.watch(1, (look) => drawFigure(pond(look), 60 + look * 4, 115))).toBeGreaterThan(0);
  });

  test("learns a screen that flickers between two levels", () => {
    const viewing = learnt();
    const flicker = (look: number) => fillBox(drawPlace(), 40, 40, 30, 20, () => (look % 4 < 2 ? 60 : 140));
    viewing.watch(60, flicker);
    expect(viewing.watch(20, flicker)).toBe(0);
  });

  test("learns the place anew after half a minute without pictures", () => {
    const viewing = learnt();
    viewing.skip(31);
    const moved = () => fillBox(drawPlace(), 60, 60, 120, 80, () => 20);
    expect(viewing.watch(10, moved)).toBe(0);
  });
});
