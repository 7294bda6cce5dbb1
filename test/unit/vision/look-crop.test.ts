import { describe, expect, test } from "vitest";
import type { VideoPicture } from "../../../src/core/picture.ts";
import { cutCrop, inPicture } from "../../../src/vision/people/look-crop.ts";

/** Left half of one colour, right half of another, as video carries them. */
function halves(width: number, height: number, left: number[], right: number[]): VideoPicture {
  const plane = (w: number, h: number, channel: number) =>
    Array.from({ length: w * h }, (_, i) => ((i % w) * 2 < w ? left : right)[channel] ?? 0);
  const pixels = Uint8Array.from([
    ...plane(width, height, 0),
    ...plane(width / 2, height / 2, 1),
    ...plane(width / 2, height / 2, 2),
  ]);
  return { width, height, pixels };
}

/** Luma, blue and red of BT.601. */
const RED = [81, 90, 240];
const BLUE = [41, 240, 110];
const WHOLE = { x: 0, y: 0, width: 1, height: 1 };

function at({ width, pixels }: { width: number; pixels: Uint8Array }, x: number, y: number): number[] {
  return [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

describe("a part cut out of a picture in colour", () => {
  test("has its colours, as red, green and blue", () => {
    const cut = cutCrop(halves(64, 32, RED, BLUE), { box: WHOLE, width: 64, height: 32 });
    const [red, blue] = [at(cut, 5, 5), at(cut, 60, 30)];
    for (const [index, expected] of [255, 0, 0].entries())
      expect(Math.abs((red[index] ?? 0) - expected)).toBeLessThan(4);
    for (const [index, expected] of [0, 0, 255].entries())
      expect(Math.abs((blue[index] ?? 0) - expected)).toBeLessThan(4);
  });

  test("is that part, however large it is shown", () => {
    const cut = cutCrop(halves(64, 32, RED, BLUE), {
      box: { x: 0.5, y: 0.25, width: 0.5, height: 0.5 },
      width: 96,
      height: 32,
    });
    expect(cut.pixels).toHaveLength(96 * 32 * 3);
    for (const [x, y] of [
      [4, 0],
      [95, 31],
    ] as const) {
      expect(at(cut, x, y)[2]).toBeGreaterThan(250);
    }
  });

  test("black and white are what they are", () => {
    const cut = cutCrop(halves(64, 32, [16, 128, 128], [235, 128, 128]), {
      box: WHOLE,
      width: 32,
      height: 32,
    });
    expect([at(cut, 2, 2), at(cut, 30, 30)]).toEqual([
      [0, 0, 0],
      [255, 255, 255],
    ]);
  });

  test("gives boxes back in fractions of the picture", () => {
    const crop = { box: { x: 0.5, y: 0.25, width: 0.5, height: 0.5 }, width: 96, height: 32 };
    expect(inPicture({ x: 0.5, y: 0, width: 0.5, height: 1 }, crop)).toEqual({
      x: 0.75,
      y: 0.25,
      width: 0.25,
      height: 0.5,
    });
  });
});
