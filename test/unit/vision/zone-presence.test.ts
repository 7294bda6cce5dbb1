import { describe, expect, test } from "vitest";
import { CELL_PIXELS, type MovingShape, ShapeFinder } from "../../../src/vision/moving-shapes.ts";
import { ZonePresence } from "../../../src/vision/zone-presence.ts";

const WIDTH = 320;
const HEIGHT = 180;

function shapesOf(
  ...boxes: readonly (readonly [left: number, top: number, width: number, height: number])[]
) {
  const columns = WIDTH / CELL_PIXELS;
  const inCells = new Uint8Array(columns * (HEIGHT / CELL_PIXELS));
  for (const [left, top, width, height] of boxes) {
    for (let y = top; y < top + height; y++) {
      for (let x = left; x < left + width; x++) {
        const cell = Math.floor(y / CELL_PIXELS) * columns + Math.floor(x / CELL_PIXELS);
        inCells[cell] = (inCells[cell] ?? 0) + 1;
      }
    }
  }
  return new ShapeFinder(WIDTH, HEIGHT).find(inCells);
}

/** The right half below the middle. */
function createZone(): ZonePresence {
  return new ZonePresence(
    [
      [0.5, 0.5],
      [1, 0.5],
      [1, 1],
      [0.5, 1],
    ],
    WIDTH,
    HEIGHT,
  );
}

function isInside(shapes: readonly MovingShape[]): boolean {
  return createZone().look(shapes, 0).boxes.length > 0;
}

describe("moving shapes", () => {
  test("are what hangs together, also across corners", () => {
    expect(shapesOf([40, 40, 20, 20], [60, 60, 20, 20])).toHaveLength(1);
    expect(shapesOf([40, 40, 20, 20], [80, 40, 20, 20])).toHaveLength(2);
  });

  test("leave out specks smaller than a far person", () => {
    expect(shapesOf([40, 40, 8, 8])).toEqual([]);
  });

  test("reach to the edges of the picture", () => {
    expect(shapesOf([0, 0, WIDTH, HEIGHT])[0]?.box).toEqual({ x: 0, y: 0, width: 1, height: 1 });
  });
});

describe("a shape is in a zone", () => {
  test.each([
    ["with its feet in it, though most of it stands above", [200, 20, 16, 80], true],
    [
      "with more than half of it in it, though its feet are out of the picture's zone",
      [150, 100, 40, 60],
      true,
    ],
    ["not when it only reaches in from the side", [100, 100, 70, 60], false],
    ["not when it is elsewhere", [20, 20, 40, 60], false],
  ] as const)("%s", (_name, box, expected) => {
    expect(isInside(shapesOf(box))).toBe(expected);
  });
});

describe("presence", () => {
  const someone = shapesOf([200, 100, 20, 60]);

  test("begins with the second look in a row", () => {
    const zone = createZone();
    expect(zone.look(someone, 0)).toMatchObject({ present: false, changed: false });
    expect(zone.look(someone, 200)).toMatchObject({ present: true, changed: true });
    expect(zone.look(someone, 400)).toMatchObject({ present: true, changed: false });
  });

  test("does not begin with looks that something empty lies between", () => {
    const zone = createZone();
    for (let atMs = 0; atMs < 4000; atMs += 400) {
      expect(zone.look(someone, atMs).present).toBe(false);
      expect(zone.look([], atMs + 200).present).toBe(false);
    }
  });

  test("ends 2 s after the last look with somebody, and says so once", () => {
    const zone = createZone();
    zone.look(someone, 0);
    zone.look(someone, 200);
    expect(zone.look([], 2100)).toMatchObject({ present: true, changed: false });
    expect(zone.look([], 2200)).toMatchObject({ present: false, changed: true });
    expect(zone.look([], 2400)).toMatchObject({ present: false, changed: false });
  });
});
