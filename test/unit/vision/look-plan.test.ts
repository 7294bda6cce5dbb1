import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Box } from "../../../src/core/geometry.ts";
import { isWhole, patrolCrops, planCrops } from "../../../src/vision/people/look-plan.ts";

const PICTURE = { width: 640, height: 360 };
const SIDES = { multiple: 32, width: 640, height: 640 };

const fraction = fc.double({ min: 0, max: 1, noNaN: true });
const box = fc
  .tuple(fraction, fraction, fraction, fraction)
  .map(([x, y, width, height]): Box => ({ x, y, width: width * (1 - x), height: height * (1 - y) }));

function isInside(inner: Box, outer: Box): boolean {
  const slack = 1e-9;
  return (
    inner.x >= outer.x - slack &&
    inner.y >= outer.y - slack &&
    inner.x + inner.width <= outer.x + outer.width + slack &&
    inner.y + inner.height <= outer.y + outer.height + slack
  );
}

describe("the plan of looks", () => {
  test("shows whatever moves, whole, inside the picture, at sides that the model takes", () => {
    fc.assert(
      fc.property(fc.array(box, { maxLength: 12 }), (targets) => {
        const crops = planCrops(targets, PICTURE, SIDES);
        for (const target of targets) {
          expect(crops.some((crop) => isInside(target, crop.box))).toBe(true);
        }
        for (const { box: area, width, height } of crops) {
          expect(isInside(area, { x: 0, y: 0, width: 1, height: 1 })).toBe(true);
          expect([width % 32, height % 32]).toEqual([0, 0]);
          expect(Math.min(width, height)).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("keeps the aspect of what it shows within a tenth", () => {
    for (const picture of [PICTURE, { width: 640, height: 480 }, { width: 360, height: 480 }]) {
      const far = planCrops([{ x: 0.4, y: 0.5, width: 0.03, height: 0.08 }], picture, SIDES);
      for (const { box: area, width, height } of [...far, ...patrolCrops(picture, SIDES)]) {
        const shown = (area.width * picture.width) / (area.height * picture.height);
        expect(width / height / shown).toBeGreaterThan(0.9);
        expect(width / height / shown).toBeLessThan(1.1);
      }
    }
  });

  test("shows a far person of 8 % of the height more than twice as large as the whole picture would", () => {
    const [crop] = planCrops([{ x: 0.4, y: 0.5, width: 0.03, height: 0.08 }], PICTURE, SIDES);
    if (!crop) throw new Error("no crop");
    const pixels = (0.08 / crop.box.height) * crop.height;
    const inTheWholePicture = 0.08 * 224;
    expect(pixels).toBeGreaterThan(2 * inTheWholePicture);
  });

  test.each<[string, Box[], number]>([
    ["nothing", [], 0],
    [
      "two beside each other, in one look",
      [
        { x: 0.4, y: 0.5, width: 0.03, height: 0.1 },
        { x: 0.45, y: 0.5, width: 0.03, height: 0.1 },
      ],
      1,
    ],
    [
      "two at either end, in a look each",
      [
        { x: 0, y: 0.5, width: 0.03, height: 0.1 },
        { x: 0.95, y: 0.5, width: 0.03, height: 0.1 },
      ],
      2,
    ],
    [
      "a far one before a near one, in a look each",
      [
        { x: 0.4, y: 0.4, width: 0.2, height: 0.4 },
        { x: 0.45, y: 0.5, width: 0.03, height: 0.08 },
      ],
      2,
    ],
    [
      "several that fill the picture, in one look at all of it",
      [
        { x: 0, y: 0, width: 0.6, height: 0.9 },
        { x: 0.4, y: 0, width: 0.6, height: 0.9 },
      ],
      1,
    ],
  ])("looks at %s", (_, targets, count) => {
    expect(planCrops(targets, PICTURE, SIDES)).toHaveLength(count);
  });

  test("looks at the whole picture once, whatever else is looked at", () => {
    const crops = planCrops(
      [
        { x: 0, y: 0, width: 0.9, height: 0.9 },
        { x: 0.45, y: 0.5, width: 0.03, height: 0.08 },
        { x: 0.1, y: 0.1, width: 0.9, height: 0.9 },
      ],
      PICTURE,
      SIDES,
    );
    expect(crops.filter((crop) => isWhole(crop.box))).toHaveLength(1);
  });
});
