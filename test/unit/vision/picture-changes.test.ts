import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LEAST_CHANGE, PictureChanges } from "../../../src/vision/picture-changes.ts";

const WIDTH = 8;
const HEIGHT = 8;
/** By row: the four cells of a picture of 8 x 8. */
const cellAt = (index: number): number => (index >= 32 ? 2 : 0) + (index % WIDTH >= 4 ? 1 : 0);

const picture = fc.uint8Array({ minLength: WIDTH * HEIGHT, maxLength: WIDTH * HEIGHT });
/** A picture and what became of it: mostly the same, or off by about what counts. */
const pair = fc
  .tuple(picture, fc.array(fc.integer({ min: -14, max: 14 }), { minLength: 64, maxLength: 64 }), picture)
  .chain(([one, steps, other]) => {
    const near = one.map((level, i) => Math.min(255, Math.max(0, level + (steps[i] ?? 0))));
    return fc.constantFrom([one, near] as const, [one, other] as const, [one, one] as const);
  });

describe("what changed in a picture", () => {
  test("is counted as pixel by pixel, in each cell and in all", () => {
    fc.assert(
      fc.property(pair, ([one, other]) => {
        const changes = new PictureChanges(WIDTH, HEIGHT);
        changes.compare(one);
        changes.takeOverAll();
        const expected = [0, 0, 0, 0];
        other.forEach((level, i) => {
          if (Math.abs(level - (one[i] ?? 0)) < LEAST_CHANGE) return;
          expected[cellAt(i)] = (expected[cellAt(i)] ?? 0) + 1;
        });
        expect(changes.compare(other)).toBe(expected.reduce((sum, count) => sum + count, 0));
        expect([...changes.inCells]).toEqual(expected);
      }),
    );
  });

  test("adds up in a cell until that cell is taken over", () => {
    const changes = new PictureChanges(WIDTH, HEIGHT);
    const at = (level: number) => new Uint8Array(WIDTH * HEIGHT).fill(level);
    changes.compare(at(100));
    changes.takeOverAll();
    expect([106, 111, 112].map((level) => changes.compare(at(level)))).toEqual([0, 0, 64]);
    changes.takeOver(3);
    expect(changes.compare(at(113))).toBe(48);
    expect([...changes.inCells]).toEqual([16, 16, 16, 0]);
    expect([...changes.before].map((level, i) => level === (cellAt(i) === 3 ? 112 : 100))).not.toContain(
      false,
    );
  });

  test("is told of a picture wherever its buffer begins", () => {
    const changes = new PictureChanges(WIDTH, HEIGHT);
    const buffer = new Uint8Array(WIDTH * HEIGHT + 3).fill(50);
    expect(changes.compare(buffer.subarray(3))).toBe(64);
  });

  test.each([
    [318, 180],
    [320, 181],
  ])("cannot be told of %d x %d pixels, which are not whole cells", (width, height) => {
    expect(() => new PictureChanges(width, height)).toThrow(RangeError);
  });
});
