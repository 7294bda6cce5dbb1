import { describe, expect, test } from "vitest";
import { findFigure } from "../../../../../../hw/virtual/scene/trials/figure.ts";

const WIDTH = 80;
const HEIGHT = 60;
const empty = new Uint8Array(WIDTH * HEIGHT * 3).fill(180);

/** The empty place with dark rectangles: left, top, wide, high, and how dark. */
function place(...boxes: readonly (readonly [number, number, number, number, number?])[]): Uint8Array {
  const pixels = empty.slice();
  for (const [left, top, wide, high, value = 30] of boxes) {
    for (let y = top; y < top + high; y++) {
      pixels.fill(value, (y * WIDTH + left) * 3, (y * WIDTH + left + wide) * 3);
    }
  }
  return pixels;
}

const find = (pixels: Uint8Array) => findFigure(pixels, empty, WIDTH, HEIGHT);

describe("a figure", () => {
  test("is what differs from the empty place, with a soft edge", () => {
    const figure = find(place([30, 10, 16, 40]));
    expect(figure).toMatchObject({ left: 30, top: 10, wide: 16, high: 40 });
    expect(figure?.alpha[30 * WIDTH + 38]).toBe(255);
    expect(figure?.alpha[30 * WIDTH + 20]).toBe(0);
  });

  test("is the largest of what differs: specks and a faint shadow are not cut out", () => {
    const figure = find(place([30, 10, 16, 40], [10, 40, 3, 3], [46, 45, 20, 5, 160]));
    expect(figure).toMatchObject({ left: 30, wide: 16 });
    expect(figure?.alpha[41 * WIDTH + 11]).toBe(0);
  });

  test("keeps no small hole where it looks like what is behind, but the gap between legs", () => {
    const figure = find(place([30, 6, 20, 46], [38, 20, 1, 1, 180], [38, 34, 5, 12, 180]));
    expect(figure?.alpha[20 * WIDTH + 38]).toBe(255);
    expect(figure?.alpha[40 * WIDTH + 40]).toBe(0);
  });

  test.each([
    ["nobody", []],
    ["somebody who is cut by the picture's edge", [[0, 10, 16, 40]]],
    ["something low", [[30, 40, 10, 12]]],
    ["something as wide as high", [[20, 10, 40, 40]]],
  ] as const)("is not %s", (_, boxes) => {
    expect(find(place(...boxes))).toBeUndefined();
  });
});
