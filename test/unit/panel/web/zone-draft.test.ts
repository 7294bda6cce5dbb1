import { describe, expect, test } from "vitest";
import type { Polygon } from "../../../../src/core/geometry.ts";
import {
  draftFault,
  draftOf,
  drawingOf,
  marked,
  middleOf,
  moved,
  partAt,
  withCorner,
  without,
  withPoint,
  type ZoneDraft,
} from "../../../../src/panel/web/words/zone-draft.ts";
import { BANK, HIGH, LOW } from "../../core/banks.ts";

const draft = draftOf({ id: "bank", name: "塘埂", polygon: BANK }, ["pond-level"]);
const tapped = (...points: readonly (readonly [number, number])[]): ZoneDraft =>
  points.reduce<ZoneDraft>(withPoint, draft);

describe("drawing a zone", () => {
  test("begins with the whole zone, not with what is dangerous now", () => {
    const now: Polygon = BANK.slice(1);
    expect(draftOf({ id: "bank", name: "塘埂", polygon: now, whole: BANK }, []).polygon).toBe(BANK);
  });

  test("puts a tapped corner into the side that it is nearest to", () => {
    expect(withCorner(draft, [0.5, 0.25]).polygon[1]).toEqual([0.5, 0.25]);
    expect(withCorner(draft, [0.05, 0.6]).polygon[4]).toEqual([0.05, 0.6]);
  });

  test("takes corners in the order of the taps at first", () => {
    const anew = [
      [0.1, 0.1],
      [0.9, 0.1],
      [0.9, 0.9],
    ] as const;
    expect(anew.reduce<ZoneDraft>(withCorner, { ...draft, polygon: [] }).polygon).toHaveLength(3);
  });

  test.each<[string, Polygon, boolean, readonly [number, number]]>([
    ["begins in the middle of the picture", [], true, [0.5, 0.5]],
    ["goes on beside the only one", [[0.2, 0.2]], true, [0.30000000000000004, 0.2]],
    [
      "halves the longest side",
      BANK.slice(0, 2),
      true,
      [0.5, (BANK[0]?.[1] ?? 0) / 2 + (BANK[1]?.[1] ?? 0) / 2],
    ],
    [
      "halves the side back to the first",
      [
        [0, 0],
        [0.1, 0],
        [0.1, 1],
      ],
      true,
      [0.05, 0.5],
    ],
    [
      "halves the longest piece of an open line",
      [
        [0, 0],
        [0.1, 0],
        [0.1, 1],
      ],
      false,
      [0.1, 0.5],
    ],
    [
      "steps aside where all are the same",
      [
        [0.95, 0.2],
        [0.95, 0.2],
      ],
      true,
      [1, 0.2],
    ],
  ])("without a finger on the picture %s", (_, points, isClosed, expected) => {
    const [x, y] = middleOf(points, isClosed);
    expect([x, y]).toEqual([expect.closeTo(expected[0], 6), expect.closeTo(expected[1], 6)]);
  });

  test("stops at the corners that the box takes", () => {
    let many = draft;
    for (let i = 0; i < 80; i++) many = withCorner(many, [0.1 + i / 100, 0.25]);
    expect(many.polygon).toHaveLength(64);
  });

  test("moves and removes corners and leaves the draft before as it was", () => {
    expect(moved(BANK, 0, [0.2, 0.2])[0]).toEqual([0.2, 0.2]);
    expect(without(BANK, 0)).toEqual(BANK.slice(1));
    expect(draft.polygon).toBe(BANK);
  });

  test.each<[string, Polygon, string | undefined, readonly number[]]>([
    ["a good outline", BANK, undefined, []],
    ["two corners", BANK.slice(2), "outline.corners", []],
    [
      "sides that cross, and which",
      [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
      ],
      "outline.crosses",
      [0, 2],
    ],
    ["a corner outside", [...BANK, [0.1, -0.1]], "outline.outside", []],
    [
      "hardly anything",
      [
        [0.5, 0.5],
        [0.51, 0.5],
        [0.5, 0.51],
      ],
      "outline.empty",
      [],
    ],
  ])("is refused as the box refuses it: %s", (_what, polygon, code, sides) => {
    expect(draftFault({ ...draft, polygon })).toEqual(code && { code, sides });
  });
});

describe("tapping a waterline", () => {
  test("takes points in any order into one line along the bank", () => {
    const { line } = tapped([0.3, 0.8], [0.7, 0.8], [0.5, 0.79], [0.9, 0.8], [0.1, 0.8]);
    expect(line.map(([x]) => x)).toEqual([0.1, 0.3, 0.5, 0.7, 0.9]);
  });

  test("keeps the line for the level of now; another at the same level takes its place", () => {
    const once = marked(tapped([0.05, 0.8], [0.95, 0.8]), 2);
    expect(once).toMatchObject({ lines: [LOW], line: [] });
    const again = marked(
      {
        ...once,
        line: [
          [0.05, 0.82],
          [0.95, 0.82],
        ],
      },
      2.003,
    );
    expect(again.lines.map(({ level }) => level)).toEqual([2.003]);
  });

  test("keeps no line of one point", () => {
    expect(marked(tapped([0.5, 0.5]), 2).lines).toEqual([]);
  });

  test("is good with one line, which does nothing yet, and shows the dangerous part from the second on", () => {
    const one = { ...draft, lines: [LOW] };
    expect(draftFault(one)).toBeUndefined();
    expect(partAt(one, 2)).toBeUndefined();
    const two = { ...draft, lines: [LOW, HIGH] };
    expect(draftFault(two)).toBeUndefined();
    expect(partAt(two, 2)).not.toEqual(BANK);
    expect(drawingOf(two)).toEqual({
      polygon: BANK,
      waterline: { sensor: "pond-level", margin: 0.1, lines: [LOW, HIGH] },
    });
  });

  test("is refused as the box refuses it", () => {
    const lines = [LOW, { ...HIGH, line: LOW.line }];
    expect(draftFault({ ...draft, lines })).toEqual({ code: "waterline.no_rise", sides: [] });
  });

  test("without lines is no waterline", () => {
    expect(drawingOf(draft)).toEqual({ polygon: BANK });
  });
});
