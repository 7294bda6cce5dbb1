import { describe, expect, test } from "vitest";
import type { MapPlace } from "../../../../src/core/village-map.ts";
import {
  headingOf,
  movedBetween,
  newPlace,
  placedAt,
  stretched,
  turned,
  withChanges,
} from "../../../../src/panel/web/words/map-draft.ts";

const POND: MapPlace = { kind: "camera", id: "pond", x: 0.2, y: 0.4, headingDegrees: 90 };
const HORN: MapPlace = { kind: "speaker", id: "horn", x: 0.5, y: 0.5, reach: 0.1 };
const LEVEL: MapPlace = { kind: "sensor", id: "level", x: 0.5, y: 0.5 };

describe("what somebody places", () => {
  test("stands instead of what was saved, beside what others have placed since", () => {
    const moved = { ...POND, x: 0.9 };
    const changes = new Map([
      ["camera pond", moved],
      ["speaker horn", undefined],
    ]);
    expect(withChanges([POND, HORN, LEVEL], changes)).toEqual([LEVEL, moved]);
  });

  test("is told apart from what has not moved", () => {
    expect(movedBetween([POND, HORN], [HORN, { ...POND, headingDegrees: 91 }, LEVEL])).toEqual([
      "camera pond",
      "sensor level",
    ]);
    expect(movedBetween([POND, HORN], [POND])).toEqual(["speaker horn"]);
    expect(movedBetween([POND, HORN], [HORN, POND])).toEqual([]);
  });

  test.each([
    [[0.25, 0.75], 0.25, 0.75],
    [[-3, 7], 0, 1],
    [[0.123456789123, 0], 0.123456789, 0],
  ] as const)("at %j it stays within the ground", (at, x, y) => {
    expect(placedAt(POND, at)).toEqual({ ...POND, x, y });
  });

  test.each([
    ["camera", { headingDegrees: 0 }],
    ["speaker", { reach: 0.05 }],
    ["sensor", {}],
  ] as const)("a new %s begins in the middle of what is looked at", (kind, more) => {
    expect(newPlace({ kind, id: "a" }, [0.5, 0.5], 0.3)).toEqual({ kind, id: "a", x: 0.5, y: 0.5, ...more });
  });

  test.each([
    [-15, 345],
    [360, 0],
    [374.6, 15],
  ])("turned to %d it looks to %d degrees", (to, degrees) => {
    expect(turned(POND, to).headingDegrees).toBe(degrees);
  });

  test("a horn is heard somewhere, and not beyond the ground", () => {
    expect([0, 2].map((reach) => stretched(HORN, reach).reach)).toEqual([1e-7, 1]);
  });

  test.each([
    [0, -1, 0],
    [1, 0, 90],
    [0, 1, 180],
    [-1, 0, 270],
  ])("a handle %i to the right and %i below means %i degrees", (dx, dy, degrees) => {
    expect(headingOf(dx, dy)).toBeCloseTo(degrees);
  });
});
