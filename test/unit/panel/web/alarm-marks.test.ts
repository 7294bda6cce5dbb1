import { describe, expect, test } from "vitest";
import type { LedgerEvent } from "../../../../src/core/event.ts";
import { marksIn } from "../../../../src/panel/web/words/alarm-marks.ts";

const BOX = { x: 0.4, y: 0.5, width: 0.1, height: 0.3 };
const PATH = [
  [0.1, 0.9],
  [0.45, 0.8],
];

function added(subject: string, data: Record<string, unknown>): LedgerEvent {
  return { type: "org.cunshao.evidence.added", subject, data } as unknown as LedgerEvent;
}

const snapshot = (more: Record<string, unknown> = {}) =>
  added("a", { kind: "snapshot", camera: "pond-east", boxes: [BOX], paths: [PATH], ...more });
const clip = (more: Record<string, unknown> = {}) =>
  added("a", { kind: "clip", camera: "pond-east", from: "2026-07-01T06:03:12.000Z", ...more });

describe("what is drawn over the clip of an alarm", () => {
  test("is what its snapshot says of who is in it, with the time at which the clip begins", () => {
    const others = [
      added("b", { kind: "snapshot", boxes: [{ ...BOX, x: 0 }] }),
      added("a", { kind: "drawing" }),
    ];
    expect(marksIn([...others, snapshot(), clip()], "a")).toEqual({
      ...{ boxes: [BOX], paths: [PATH], clipFrom: "2026-07-01T06:03:12.000Z" },
    });
  });

  test.each<[string, readonly LedgerEvent[]]>([
    ["no snapshot", [clip()]],
    ["nobody in it", [snapshot({ boxes: [], paths: [] }), clip()]],
    ["another camera that films", [snapshot(), clip({ camera: "gate" })]],
    ["no boxes but words", [snapshot({ boxes: "many", paths: 7 }), clip()]],
    ["a box beside the picture", [snapshot({ boxes: [{ ...BOX, x: 1.4 }], paths: [[[0.1, 0.9]]] }), clip()]],
  ])("is nothing where there is %s", (_what, events) => {
    expect(marksIn(events, "a")).toBeUndefined();
  });
});
