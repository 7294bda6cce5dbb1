import { describe, expect, test } from "vitest";
import type { Polygon } from "../../../../src/core/geometry.ts";
import type { ShapeKind } from "../../../../src/core/shapes.ts";
import { hiddenPhrase } from "../../../../src/panel/web/words/hidden-words.ts";
import {
  draftFault,
  draftOf,
  drawingOf,
  lineDraftOf,
  marked,
  maskDraftOf,
  middleOf,
  moved,
  NOTHING,
  partAt,
  type ShapeDraft,
  shapeDrawing,
  shapeFault,
  withCorner,
  without,
  withPoint,
} from "../../../../src/panel/web/words/shape-draft.ts";
import { BANK, HIGH, LOW } from "../../core/banks.ts";

const ALL: Polygon = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
];
const draft = draftOf({ id: "bank", name: "塘埂", polygon: BANK }, ["pond-level"]);
const tapped = (...points: readonly (readonly [number, number])[]): ShapeDraft =>
  points.reduce<ShapeDraft>(withPoint, draft);

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
    expect(anew.reduce<ShapeDraft>(withCorner, { ...draft, polygon: [] }).polygon).toHaveLength(3);
  });

  test.each<[string, Polygon, boolean, readonly [number, number]]>([
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
      [0.45, 0.2],
    ],
    ["begins where there is room for more", [], false, [0.25, 0.6]],
    ["goes on well apart from the first", [[0.25, 0.6]], false, [0.75, 0.6]],
    [
      "encloses something with the third",
      [
        [0.25, 0.6],
        [0.75, 0.6],
      ],
      true,
      [0.5, 0.3],
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

describe("drawing lines and masks", () => {
  const line = { ...NOTHING, name: " 路口 ", line: BANK.slice(0, 2) };

  test("gives what the box takes, by a name without spaces around it", () => {
    expect(shapeDrawing("line", line)).toEqual({ name: "路口", points: BANK.slice(0, 2), inside: "left" });
    expect(shapeDrawing("mask", maskDraftOf({ name: "院子", polygon: BANK }))).toEqual({
      name: "院子",
      polygon: BANK,
    });
    expect(lineDraftOf({ name: "路口", points: BANK.slice(0, 2), inside: "right" })).toMatchObject({
      inside: "right",
    });
  });

  test.each<[ShapeKind, ShapeDraft, string | undefined]>([
    ["line", line, undefined],
    ["line", { ...line, name: " " }, "shape_unnamed"],
    ["line", { ...line, line: [[0.1, 0.1]] }, "line.points"],
    ["mask", { ...NOTHING, name: "院子", polygon: BANK }, undefined],
    ["mask", { ...NOTHING, name: "院子", polygon: BANK.slice(0, 2) }, "mask.corners"],
  ])("is refused as the box refuses it: %s %#", (kind, draft, code) => {
    expect(shapeFault(kind, draft)?.code).toBe(code);
  });

  test("says what masks would hide wholly", () => {
    const below = { id: "bank", name: "塘埂", polygon: BANK };
    const masks = [{ id: "all", name: "全部", polygon: ALL }];
    const lines = [{ id: "road", name: "路口", points: BANK.slice(0, 2), inside: "left" as const }];
    expect(hiddenPhrase("zone", "bank", draft, { zones: [below], masks })?.key).toBe("shape.hiddenZone");
    expect(hiddenPhrase("zone", "bank", draft, { zones: [below], masks: [] })).toBeUndefined();
    expect(hiddenPhrase("line", "road", line, { zones: [], masks })?.key).toBe("shape.hiddenLine");
    const drawn = { ...NOTHING, polygon: ALL };
    expect(hiddenPhrase("mask", "all", drawn, { zones: [below], lines, masks: [] })).toEqual({
      key: "shape.hides",
      params: { names: "塘埂 路口" },
    });
  });
});
