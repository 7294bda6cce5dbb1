import { expect, test } from "vitest";
import type { Polyline } from "../../../src/core/geometry.ts";
import { lineFault } from "../../../src/core/line-fault.ts";

test.each<[string, Polyline, ReturnType<typeof lineFault>]>([
  [
    "leads over the road",
    [
      [0.1, 0.5],
      [0.9, 0.6],
    ],
    undefined,
  ],
  ["is one point", [[0.1, 0.5]], "points"],
  ["is none", [], "points"],
  [
    "leaves the picture",
    [
      [0.1, 0.5],
      [1.01, 0.5],
    ],
    "outside",
  ],
  [
    "has a point that is no number",
    [
      [0.1, 0.5],
      [Number.NaN, 0.5],
    ],
    "outside",
  ],
  [
    "has a point without end",
    [
      [0.1, 0.5],
      [Number.POSITIVE_INFINITY, 0.5],
    ],
    "outside",
  ],
  [
    "crosses itself",
    [
      [0.1, 0.5],
      [0.9, 0.5],
      [0.5, 0.1],
      [0.5, 0.9],
    ],
    "crosses",
  ],
  [
    "turns back",
    [
      [0.1, 0.5],
      [0.9, 0.5],
      [0.3, 0.5],
    ],
    "crosses",
  ],
  [
    "leads nowhere",
    [
      [0.1, 0.5],
      [0.11, 0.5],
    ],
    "short",
  ],
])("a line that %s", (_what, points, fault) => {
  expect(lineFault(points)).toBe(fault);
});
