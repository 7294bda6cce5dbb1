import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Polygon } from "../../../src/core/geometry.ts";
import { type OutlineFault, outlineFault } from "../../../src/core/outline.ts";

describe("an outline", () => {
  test.each<[string, Polygon, OutlineFault | undefined]>([
    [
      "that encloses the bank is good",
      [
        [0.1, 0.5],
        [0.9, 0.5],
        [0.9, 1],
        [0.1, 1],
      ],
      undefined,
    ],
    [
      "may be hollow",
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0.5, 0.2],
        [0, 1],
      ],
      undefined,
    ],
    ["of nothing has no corners", [], { kind: "corners", at: [] }],
    [
      "of two corners is a line",
      [
        [0, 0],
        [1, 1],
      ],
      { kind: "corners", at: [] },
    ],
    [
      "with a corner outside names it",
      [
        [0, 0],
        [1, 0],
        [1, 1.2],
      ],
      { kind: "outside", at: [2] },
    ],
    [
      "with a corner that is no number names it",
      [
        [0, 0],
        [Number.NaN, 0],
        [1, 1],
      ],
      { kind: "outside", at: [1] },
    ],
    [
      "like an hourglass names its sides",
      [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
      ],
      { kind: "crosses", at: [0, 2] },
    ],
    [
      "that touches itself is crossed",
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0.5, 0],
        [0, 1],
      ],
      { kind: "crosses", at: [0, 2] },
    ],
    [
      "all on one line encloses nothing",
      [
        [0, 0],
        [0.5, 0.5],
        [1, 1],
      ],
      { kind: "empty", at: [] },
    ],
    [
      "too small for anybody encloses nothing",
      [
        [0, 0],
        [0.02, 0],
        [0.02, 0.02],
        [0, 0.02],
      ],
      { kind: "empty", at: [] },
    ],
  ])("%s", (_, outline, fault) => {
    expect(outlineFault(outline)).toEqual(fault);
  });

  test("of any numbers has an answer, and a triangle never crosses itself", () => {
    const corner = fc.tuple(fc.double(), fc.double());
    fc.assert(
      fc.property(fc.array(corner, { maxLength: 12 }), (outline) => {
        const fault = outlineFault(outline);
        if (outline.length <= 3) expect(fault?.kind).not.toBe("crosses");
      }),
    );
  });
});
