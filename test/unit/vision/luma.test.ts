import { describe, expect, test } from "vitest";
import { LumaScaler } from "../../../src/vision/people/luma.ts";

function picture(width: number, height: number, level: (x: number, y: number) => number) {
  const pixels = Uint8Array.from({ length: width * height }, (_, i) =>
    level(i % width, Math.floor(i / width)),
  );
  return { width, height, pixels };
}

describe("the gray picture made of a larger one", () => {
  test("has of each four pixels the mean", () => {
    const made = new LumaScaler(2, 1).scale({
      width: 4,
      height: 2,
      pixels: Uint8Array.of(10, 20, 100, 100, 30, 40, 100, 101),
    });
    expect([...made]).toEqual([25, 100]);
  });

  test("is the same where the size is right, and without the colours that follow", () => {
    const made = new LumaScaler(2, 2).scale({
      width: 2,
      height: 2,
      pixels: Uint8Array.of(1, 2, 3, 4, 128, 128),
    });
    expect([...made]).toEqual([1, 2, 3, 4]);
  });

  test.each([
    [640, 480],
    [704, 576],
    [480, 270],
    [352, 288],
    [320, 240],
    [176, 144],
    [100, 60],
  ])("keeps a slope a slope, from %ix%i", (width, height) => {
    const from = picture(width, height, (x, y) => 20 + (100 * x) / width + (100 * y) / height);
    const made = new LumaScaler(320, 180).scale(from);
    for (const [x, y] of [
      [0, 0],
      [160, 90],
      [319, 179],
      [10, 170],
    ] as const) {
      const expected = 20 + (100 * (x + 0.5)) / 320 + (100 * (y + 0.5)) / 180;
      expect(Math.abs((made[y * 320 + x] as number) - expected)).toBeLessThan(3);
    }
  });
});
