import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BackgroundModel } from "../../../src/vision/background-model.ts";
import { PictureChanges } from "../../../src/vision/picture-changes.ts";
import {
  addNoise,
  createNoise,
  createViewing,
  drawPlace,
  fillBox,
  HEIGHT,
  type Painting,
  WIDTH,
} from "./drawing.ts";

const LOOK_MS = 200;
const PIXELS = WIDTH * HEIGHT;

/** The model as it is used, shown one picture after another. */
function createWatching(lookMs = LOOK_MS) {
  const background = new BackgroundModel(WIDTH, HEIGHT);
  const changes = new PictureChanges(WIDTH, HEIGHT);
  return {
    background,
    /** @returns how many pixels stand out. */
    look(pixels: Painting): number {
      changes.compare(pixels);
      background.look(pixels, changes, lookMs);
      return background.inCells.reduce((sum, count) => sum + count, 0);
    },
  };
}

/** What the model is to come to: each pixel judged at each look of 200 ms, in floating point. */
function createPlainModel(first: Painting) {
  const means = Float64Array.from(first);
  const deviations = new Float64Array(PIXELS).fill(4);
  const foreground = new Uint8Array(PIXELS);
  let before = first;
  let looks = 0;
  return {
    foreground,
    look(pixels: Painting): void {
      const isLearning = looks++ < 5;
      for (let i = 0; i < PIXELS; i++) {
        const difference = (pixels[i] ?? 0) - (means[i] ?? 0);
        const distance = Math.abs(difference);
        const deviation = deviations[i] ?? 0;
        const isOut = !isLearning && distance > 18 && distance > 4 * deviation;
        const hasChanged = Math.abs((pixels[i] ?? 0) - (before[i] ?? 0)) >= 12;
        const rate = isLearning ? 0.3 : isOut ? (hasChanged ? 0.01 : 0) : 0.05;
        const widening = isLearning ? 0.3 : isOut && foreground[i] === 1 ? 0 : 0.05;
        means[i] = (means[i] ?? 0) + rate * difference;
        deviations[i] = deviation + widening * (distance - deviation);
        foreground[i] = isOut ? 1 : 0;
      }
      before = pixels;
    },
  };
}

/** Boxes that wander over the place; `isRestless` moves one pixel of each cell at each look, too. */
const scene = fc.record({
  boxes: fc.array(
    fc.record({
      left: fc.integer({ min: 0, max: WIDTH }),
      top: fc.integer({ min: 0, max: HEIGHT }),
      size: fc.integer({ min: 8, max: 60 }),
      level: fc.constantFrom(20, 60, 200, 240),
      step: fc.integer({ min: -6, max: 6 }),
    }),
    { maxLength: 4 },
  ),
  noise: fc.integer({ min: 0, max: 5 }),
  seed: fc.nat(),
});

function film(
  { boxes, noise, seed }: typeof scene extends fc.Arbitrary<infer S> ? S : never,
  isRestless: boolean,
) {
  const random = createNoise(seed);
  return Array.from({ length: 40 }, (_, look) => {
    const picture = drawPlace();
    for (const { left, top, size, level, step } of look < 8 ? [] : boxes) {
      fillBox(picture, left + step * look, top, size, size, () => level);
    }
    if (isRestless) {
      for (let i = 0; i < PIXELS; i += 4)
        if (Math.floor(i / WIDTH) % 4 === 0) picture[i] = look % 2 === 0 ? 90 : 104;
    }
    return addNoise(picture, noise, random);
  });
}

describe("the background", () => {
  test.each([
    ["change everywhere", true, 0.0005],
    ["hold still but where something moves", false, 0.002],
  ])("is told as pixel by pixel in pictures that %s", (_what, isRestless, mostOff) => {
    fc.assert(
      fc.property(scene, (drawn) => {
        const pictures = film(drawn, isRestless);
        const { background, look } = createWatching();
        const plain = createPlainModel(pictures[0] ?? drawPlace());
        for (const picture of pictures) {
          look(picture);
          plain.look(picture);
          const off = plain.foreground.reduce(
            (sum, mark, i) => sum + Number(mark !== background.foreground[i]),
            0,
          );
          expect(off / PIXELS).toBeLessThanOrEqual(mostOff);
        }
      }),
      { numRuns: 8 },
    );
  });

  test.each([200, 1600])("follows a shadow that wanders in slowly, at a look in %d ms", (lookMs) => {
    const { look } = createWatching(lookMs);
    const shadow = (seconds: number) =>
      fillBox(
        drawPlace(),
        0,
        100,
        140,
        80,
        (_x, _y, before) => before - Math.min(60, Math.max(0, seconds - 10)),
      );
    for (let seconds = 0; seconds < 100; seconds += lookMs / 1000) expect(look(shadow(seconds))).toBe(0);
  });

  test("learns in cells that are left alone for all the time they stood so", () => {
    const { background, look } = createWatching();
    for (let count = 0; count < 10; count++) look(drawPlace());
    const lighter = fillBox(drawPlace(), 100, 100, 16, 16, (_x, _y, before) => before + 10);
    for (let count = 0; count < 30; count++) look(lighter);
    // Of 10 half is learnt in 3 s, and no cell is left alone for longer.
    const step = background.contrast(100 * WIDTH + 99, 100 * WIDTH + 100) - contrastOf(drawPlace());
    expect(Math.abs(step)).toBeGreaterThan(5);
  });

  test("does not take a lamp that goes on and off for the place's own unrest", () => {
    const { look } = createWatching();
    const lampAt = (count: number) => (count % 40 < 20 ? 0 : 70);
    for (let count = 0; count < 401; count++) look(drawPlace(lampAt(count)));
    const figure = fillBox(drawPlace(), 100, 80, 20, 60, (_x, _y, before) => before - 22);
    look(figure);
    expect(look(figure)).toBeGreaterThan(1000);
  });

  test("lets somebody of little contrast who comes out of the fog stand out within a second", () => {
    const { look } = createWatching();
    for (let count = 0; count < 20; count++) look(drawPlace());
    const figure = (contrast: number) =>
      fillBox(drawPlace(), 100, 80, 20, 60, (_x, _y, before) => before - contrast);
    const stoodOut = Array.from({ length: 11 }, (_, count) => look(figure(Math.min(30, (count + 1) * 5))));
    // At a contrast of 30 after 6 looks, and five more.
    expect(stoodOut.at(-1)).toBeGreaterThan(1000);
  });
});

function contrastOf(picture: Painting): number {
  return Math.abs((picture[100 * WIDTH + 99] ?? 0) - (picture[100 * WIDTH + 100] ?? 0));
}

describe("somebody of little contrast who creeps", () => {
  test.each([
    ["5 looks", 200],
    ["1.25 looks", 800],
  ])("into the picture is found within two seconds at %s a second", (_name, lookMs) => {
    const viewing = createViewing(
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ],
      lookMs,
    );
    viewing.watch(8, () => drawPlace());
    // A pixel in two seconds.
    const creeps = (look: number) =>
      fillBox(
        drawPlace(),
        -30,
        100,
        30 + Math.floor((look * lookMs) / 2000),
        60,
        (_x, _y, before) => before - 24,
      );
    // 3 of a cell's 4 columns after 6 s.
    viewing.watch(6, creeps);
    expect(viewing.watch(2, (look) => creeps(look + 6000 / lookMs))).toBeGreaterThan(0);
  });
});
