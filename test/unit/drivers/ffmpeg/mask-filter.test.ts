import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { contains, type Polygon } from "../../../../src/core/geometry.ts";
import { maskFilter } from "../../../../src/drivers/ffmpeg/mask-filter.ts";

/** A white picture after the filter, as gray pixels. */
function painted(polygons: readonly Polygon[], width: number, height: number): Buffer {
  const white = ["-f", "lavfi", "-i", `color=white:size=${width}x${height}`, "-frames:v", "1"];
  const out = ["-vf", `${maskFilter(polygons)},format=gray`, "-f", "rawvideo", "pipe:1"];
  return execFileSync("ffmpeg", ["-nostdin", "-v", "error", ...white, ...out]);
}

const corner = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

describe("masks that the box paints", () => {
  test("cover every pixel of any outline, whatever the picture's size", () => {
    fc.assert(
      fc.property(
        fc.array(corner, { minLength: 3, maxLength: 8 }),
        fc.constantFrom([640, 360] as const, [1280, 720] as const, [704, 576] as const),
        (polygon, [width, height]) => {
          const pixels = painted([polygon], width, height);
          const bare: [number, number][] = [];
          for (let y = 0; y < height; y += 3) {
            for (let x = 0; x < width; x += 3) {
              const isInside = contains(polygon, [(x + 0.5) / width, (y + 0.5) / height]);
              if (isInside && (pixels[y * width + x] ?? 255) >= 40) bare.push([x, y]);
            }
          }
          expect(bare).toEqual([]);
        },
      ),
      { numRuns: 12 },
    );
  });

  test("leave alone what is further from the outline than one piece of the grid", () => {
    const yard: Polygon = [
      [0.25, 0.5],
      [0.5, 0.5],
      [0.5, 0.75],
      [0.25, 0.75],
    ];
    const [width, height] = [1280, 720];
    const pixels = painted([yard], width, height);
    const isDark = (x: number, y: number): boolean => (pixels[y * width + x] ?? 255) < 40;
    let wrong = 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const isNear = x >= 320 - 21 && x <= 640 + 21 && y >= 360 - 21 && y <= 540 + 21;
        if (!isNear && isDark(x, y)) wrong++;
      }
    }
    expect(wrong).toBe(0);
    expect(isDark(480, 450)).toBe(true);
  });

  test("of several outlines are all painted, a hair's breadth too, and none gives no filter", () => {
    const hair: Polygon = [
      [0.1, 0.1],
      [0.9, 0.1001],
      [0.9, 0.1002],
    ];
    const spot: Polygon = [
      [0.5, 0.9],
      [0.5005, 0.9],
      [0.5, 0.9005],
    ];
    const pixels = painted([hair, spot], 640, 360);
    expect(pixels[Math.floor(0.1001 * 360) * 640 + 320]).toBeLessThan(40);
    expect(pixels[Math.floor(0.9 * 360) * 640 + 320]).toBeLessThan(40);
    expect(maskFilter([])).toBe("");
  });
});
