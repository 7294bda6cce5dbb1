import { describe, expect, test } from "vitest";
import type { EventDraft } from "../../../src/core/event.ts";
import type { Polygon } from "../../../src/core/geometry.ts";
import type { LineDrawing, MaskDrawing, ShapeChange } from "../../../src/core/shapes.ts";
import type { Line, Privacy, Rule } from "../../../src/core/site.ts";
import { createLineShapes } from "../../../src/sense/line-shapes.ts";
import { createMaskShapes } from "../../../src/sense/mask-shapes.ts";

const BY = { kind: "person", name: "安装员" } as const;
const OTHER = { kind: "person", name: "老王" } as const;
const POINTS = [
  [0.1, 0.5],
  [0.9, 0.6],
] as const;
const ROAD: Line = { id: "road", name: "村口大路", points: POINTS, inside: "left" };
const across = (left: number, right: number): Polygon => [
  [left, 0],
  [right, 0],
  [right, 1],
  [left, 1],
];
const YARD = { id: "yard", name: "院子", polygon: across(0, 0.5) };
const rule = (more: Partial<Rule>): Rule => ({
  id: "in",
  name: "有人进村",
  when: { kind: "line", camera: "gate", line: "road", direction: "in" },
  schedule: { days: [1], fromMinute: 0, toMinute: 1440 },
  cooldownSeconds: 0,
  say: [],
  escalate: [],
  ...more,
});

function ledgerDouble() {
  const events: EventDraft[] = [];
  let seconds = 0;
  const ledger = {
    async append(draft: EventDraft) {
      events.push(draft);
      return { time: new Date(Date.UTC(2026, 6, 1, 6, 0, seconds++)).toISOString() } as never;
    },
  };
  return { ledger, events };
}

function lineRig({
  rules = [],
  changed = [],
}: {
  rules?: Rule[];
  changed?: ShapeChange<LineDrawing>[];
} = {}) {
  const { ledger, events } = ledgerDouble();
  const cameras = [{ id: "gate", lines: [ROAD] }, { id: "pond" }];
  const desk = createLineShapes({ ledger }, cameras, rules, changed);
  const told: string[] = [];
  desk.changes.on((camera) => told.push(camera));
  const of = (id: string, more: object = {}) => ({ camera: "gate", id, by: BY, ...more });
  return { desk, events, told, of };
}

function maskRig(privacy?: Privacy, rules: Rule[] = []) {
  const { ledger, events } = ledgerDouble();
  const desk = createMaskShapes({ ledger }, [{ id: "gate", privacy }], rules, []);
  const of = (id: string, more: object = {}) => ({ camera: "gate", id, by: BY, ...more });
  return { desk, events, of };
}

const NEW: LineDrawing = { name: "塘埂", points: POINTS, inside: "right" };

describe("a line drawn on the page", () => {
  test("stands beside those of the configuration, is told, and goes again", async () => {
    const { desk, events, told, of } = lineRig();
    const view = await desk.draw(of("line-1", { over: null }), NEW);
    expect(view).toMatchObject({ id: "line-1", ...NEW, added: true, drawn: { by: "安装员" } });
    expect(desk.of("gate")).toEqual([ROAD, view]);
    await desk.remove(of("line-1", { over: view.drawn?.at }));
    expect(desk.of("gate")).toEqual([ROAD]);
    expect(desk.removed("gate")).toEqual([]);
    expect(told).toEqual(["gate", "gate"]);
    expect(events).toMatchObject([
      {
        type: "org.cunshao.line.drawn",
        class: "audit",
        subject: "gate",
        data: { camera: "gate", line: "line-1", ...NEW, by: BY },
      },
      { type: "org.cunshao.line.removed", data: { line: "line-1", name: "塘埂", by: BY } },
    ]);
  });

  test("takes the place of the configured one, by another name, until that is put back", async () => {
    const { desk, events, of } = lineRig();
    await desk.draw(of("road"), NEW);
    expect(desk.of("gate")).toMatchObject([{ id: "road", name: "塘埂", inside: "right" }]);
    expect(desk.of("gate")[0]?.added).toBeUndefined();
    expect(await desk.restore(of("road"))).toEqual(ROAD);
    expect(await desk.restore(of("road"))).toEqual(ROAD);
    expect(events.map(({ type }) => type)).toEqual(["org.cunshao.line.drawn", "org.cunshao.line.restored"]);
  });

  test("of the configuration that was taken out can be put back", async () => {
    const { desk, of } = lineRig();
    await desk.remove(of("road"));
    await desk.remove(of("road"));
    expect(desk.of("gate")).toEqual([]);
    expect(desk.removed("gate")).toMatchObject([
      { kind: "line", id: "road", name: "村口大路", by: "安装员" },
    ]);
    await desk.restore(of("road"));
    expect(desk.of("gate")).toEqual([ROAD]);
  });

  test("that a rule needs is not taken out, and the refusal names the rule", async () => {
    const { desk, events, of } = lineRig({ rules: [rule({})] });
    const refusal = await desk.remove(of("road")).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "line.in_use", message: "needed by 有人进村" });
    expect([desk.of("gate").length, events.length]).toEqual([1, 0]);
    expect((await desk.draw(of("road"), NEW)).name).toBe("塘埂");
  });

  test("by two people at once tells the second of it", async () => {
    const { desk, of } = lineRig();
    const first = await desk.draw(of("road", { over: null }), NEW);
    const late = { ...of("road", { over: null }), by: OTHER };
    await expect(desk.draw(late, { ...NEW, name: "别的" })).rejects.toMatchObject({ code: "line.changed" });
    await expect(desk.remove(late)).rejects.toMatchObject({ code: "line.changed" });
    await expect(desk.restore(late)).rejects.toMatchObject({ code: "line.changed" });
    await desk.draw({ ...late, over: first.drawn?.at }, { ...NEW, name: "别的" });
    expect(desk.of("gate")[0]).toMatchObject({ name: "别的", drawn: { by: "老王" } });
  });

  test("twice by one person, whose answer got lost, is in the audit once", async () => {
    const { desk, events, of } = lineRig();
    const first = await desk.draw(of("line-1", { over: null }), NEW);
    expect(await desk.draw(of("line-1", { over: null }), { ...NEW })).toEqual(first);
    expect(events).toHaveLength(1);
  });

  test("is one of eight at the most, and has an id that no other camera's has", async () => {
    const { desk, of } = lineRig();
    for (let i = 1; i < 8; i++) await desk.draw(of(`line-${i}`), NEW);
    await expect(desk.draw(of("line-8"), NEW)).rejects.toMatchObject({ code: "line.too_many" });
    await expect(desk.draw({ ...of("road"), camera: "pond" }, NEW)).rejects.toMatchObject({
      code: "line.id_taken",
    });
  });

  test.each([
    ["of a point", POINTS.slice(1), "line.points"],
    ["out of the picture", [...POINTS, [1.2, 0.5] as const], "line.outside"],
    ["that turns back", [...POINTS, POINTS[0]], "line.crosses"],
  ])("%s is refused", async (_what, points, code) => {
    const { desk, events, of } = lineRig();
    await expect(desk.draw(of("road"), { ...NEW, points })).rejects.toMatchObject({
      code,
      kind: "permanent",
    });
    expect(events).toEqual([]);
  });

  test.each([
    ["nowhere", "road", "camera.unknown"],
    ["__proto__", "road", "camera.unknown"],
    ["gate", "nothing", "line.unknown"],
  ])("of camera %s and id %s is not there", async (camera, id, code) => {
    const { desk } = lineRig();
    await expect(desk.remove({ camera, id, by: BY })).rejects.toMatchObject({ code });
    await expect(desk.restore({ camera, id, by: BY })).rejects.toMatchObject({ code });
    expect(desk.of("nowhere")).toEqual([]);
  });

  test("in an earlier run holds, unless it is useless by now", () => {
    const at = "2026-06-01T00:00:00.000Z";
    const drawn = (id: string, drawing?: LineDrawing) => ({ camera: "gate", id, by: BY, at, drawing });
    const { desk } = lineRig({
      changed: [
        drawn("line-1", NEW),
        drawn("line-2", { ...NEW, points: [] }),
        drawn("line-3"),
        drawn("road"),
      ],
    });
    expect(desk.of("gate").map(({ id }) => id)).toEqual(["line-1"]);
    expect(desk.removed("gate").map(({ id }) => id)).toEqual(["road"]);
  });
});

describe("a mask drawn on the page", () => {
  const drawing: MaskDrawing = { name: "窗", polygon: across(0.6, 0.8) };

  test("is painted by the box, unless the configuration leaves it to the camera", async () => {
    const byBox = maskRig();
    expect(byBox.desk.privacyOf("gate")).toBeUndefined();
    await byBox.desk.draw(byBox.of("mask-1"), drawing);
    expect(byBox.desk.privacyOf("gate")).toMatchObject({ by: "box", masks: [{ id: "mask-1", ...drawing }] });
    const byCamera = maskRig({ by: "camera", masks: [YARD] });
    await byCamera.desk.draw(byCamera.of("mask-1"), drawing);
    expect(byCamera.desk.privacyOf("gate")).toMatchObject({
      by: "camera",
      masks: [{ id: "yard" }, { id: "mask-1" }],
    });
  });

  test("needs a reason wherever something would be seen that was hidden, and the reason is in the audit", async () => {
    const { desk, events, of } = maskRig({ by: "box", masks: [YARD] });
    const smaller = { ...YARD, polygon: across(0, 0.3) };
    const { id: _id, ...drawn } = smaller;
    await expect(desk.draw(of("yard"), drawn)).rejects.toMatchObject({ code: "mask.reason_needed" });
    await expect(desk.remove(of("yard"))).rejects.toMatchObject({ code: "mask.reason_needed" });
    expect(events).toEqual([]);
    await desk.draw(of("yard"), { ...drawn, polygon: across(0, 0.7) });
    await expect(desk.restore(of("yard"))).rejects.toMatchObject({ code: "mask.reason_needed" });
    await desk.restore(of("yard", { reason: "画大了" }));
    await desk.remove(of("yard", { reason: "院墙修好了" }));
    expect(desk.privacyOf("gate")).toBeUndefined();
    expect(events.map(({ type, data }) => [type, data["reason"]])).toEqual([
      ["org.cunshao.mask.drawn", undefined],
      ["org.cunshao.mask.restored", "画大了"],
      ["org.cunshao.mask.removed", "院墙修好了"],
    ]);
  });

  test("is refused by the box on a camera that a rule turns, for what it paints stands still", async () => {
    const turning = rule({ name: "看路口", look: [{ camera: "gate", preset: "路口" }] });
    const byBox = maskRig(undefined, [turning]);
    await expect(byBox.desk.draw(byBox.of("mask-1"), drawing)).rejects.toMatchObject({
      code: "mask.rule_turns",
    });
    const byCamera = maskRig({ by: "camera", masks: [YARD] }, [turning]);
    expect((await byCamera.desk.draw(byCamera.of("mask-1"), drawing)).added).toBe(true);
  });

  test.each<[string, Polygon, string]>([
    ["of two corners", across(0, 1).slice(2), "mask.corners"],
    ["with a corner outside", [...across(0, 1), [-1, 0.5]], "mask.outside"],
    [
      "that crosses itself",
      [
        [0, 0],
        [1, 1],
        [1, 0],
        [0, 1],
      ],
      "mask.crosses",
    ],
    ["of nothing", across(0.5, 0.5001), "mask.empty"],
  ])("%s is refused", async (_what, polygon, code) => {
    const { desk, of } = maskRig();
    await expect(desk.draw(of("mask-1"), { name: "窗", polygon })).rejects.toMatchObject({ code });
    expect(desk.privacyOf("gate")).toBeUndefined();
  });
});
