import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Candidate, personBoxes } from "../../../src/vision/people/person-boxes.ts";

const at = (left: number, top: number, width: number, height: number, score: number): Candidate => ({
  left,
  top,
  right: left + width,
  bottom: top + height,
  score,
});

describe("boxes of a model", () => {
  test("that lie on each other are one person's, the surest of them", () => {
    const boxes = personBoxes(
      [at(10, 10, 20, 40, 0.5), at(11, 12, 20, 40, 0.9), at(9, 9, 22, 40, 0.4)],
      100,
      100,
    );
    expect(boxes).toEqual([{ box: { x: 0.11, y: 0.12, width: 0.2, height: 0.4 }, score: 0.9 }]);
  });

  test("that stand side by side are two people's, the surest first", () => {
    const boxes = personBoxes([at(10, 10, 20, 40, 0.5), at(28, 10, 20, 40, 0.9)], 100, 100);
    expect(boxes.map(({ score }) => score)).toEqual([0.9, 0.5]);
  });

  test("end at the edge of the picture", () => {
    const [found] = personBoxes([at(-10, 80, 20, 40, 0.5)], 100, 100);
    expect(found?.box.x).toBe(0);
    expect(found?.box.width).toBeCloseTo(0.1);
    expect((found?.box.y ?? 0) + (found?.box.height ?? 0)).toBeCloseTo(1);
  });

  test.each<[string, Candidate]>([
    ["outside of the picture", at(120, 10, 20, 20, 0.9)],
    ["without a size", at(10, 10, 0, 20, 0.9)],
    ["turned inside out", at(30, 30, -10, 10, 0.9)],
    ["of no number", at(Number.NaN, 10, 20, 20, 0.9)],
    ["with a score of no number", at(10, 10, 20, 20, Number.NaN)],
  ])("%s are none", (_what, candidate) => {
    expect(personBoxes([candidate], 100, 100)).toEqual([]);
  });

  test("always lie inside the picture, whatever the model says", () => {
    const number = fc.oneof(fc.double(), fc.double({ min: -200, max: 200, noNaN: true }));
    const candidate = fc.record({ left: number, top: number, right: number, bottom: number, score: number });
    fc.assert(
      fc.property(fc.array(candidate), (candidates) => {
        for (const { box, score } of personBoxes(candidates, 96, 64)) {
          expect(box.x).toBeGreaterThanOrEqual(0);
          expect(box.y).toBeGreaterThanOrEqual(0);
          expect(box.x + box.width).toBeLessThanOrEqual(1 + 1e-9);
          expect(box.y + box.height).toBeLessThanOrEqual(1 + 1e-9);
          expect(score).toBeGreaterThan(0);
          expect(score).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test("are compared in a moment even where a model gives as many as it has cells", () => {
    const many = Array.from({ length: 8000 }, (_, i) => at(i % 100, (i * 7) % 100, 1, 1, (i % 97) / 97));
    expect(personBoxes(many, 100, 100).length).toBeLessThanOrEqual(500);
  });
});
