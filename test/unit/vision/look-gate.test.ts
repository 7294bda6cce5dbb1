import { describe, expect, test } from "vitest";
import type { Box } from "../../../src/core/geometry.ts";
import { type Followed, LookGate, type PlannedLook } from "../../../src/vision/people/look-gate.ts";
import { MAX_CROPS } from "../../../src/vision/people/look-plan.ts";

const WAVES: Box = { x: 0.1, y: 0.6, width: 0.05, height: 0.08 };
const ELSEWHERE: Box = { x: 0.8, y: 0.2, width: 0.03, height: 0.1 };

/** A place that is known, and was patrolled at 0 ms. */
function openGate() {
  const gate = new LookGate({ width: 640, height: 360 }, { multiple: 32, width: 640, height: 640 });
  const plan = (atMs: number, moving: readonly Box[], followed: readonly Followed[] = []): PlannedLook[] =>
    gate.plan({ moving, isLearning: false }, followed, atMs);
  const look = (atMs: number, moving: readonly Box[], people: readonly Box[] = []): PlannedLook[] => {
    const looks = plan(atMs, moving);
    for (const each of looks) gate.learn(each, people, atMs);
    return looks;
  };
  look(0, []);
  return { gate, plan, look };
}

/** Pictures, 5 a second, on which the gate asked for a look at what moves. */
function asked(
  look: ReturnType<typeof openGate>["look"],
  fromMs: number,
  toMs: number,
  moving: readonly Box[],
): number {
  let count = 0;
  for (let atMs = fromMs; atMs < toMs; atMs += 200) {
    if (look(atMs, moving).some(({ isPatrol }) => !isPatrol)) count++;
  }
  return count;
}

describe("the gate before looks", () => {
  test("asks for none where nothing moves, but for a patrol of one half and the other every 3 s", () => {
    const { look } = openGate();
    const patrols: [atMs: number, from: number][] = [];
    for (let atMs = 200; atMs <= 12_000; atMs += 200) {
      for (const { crop } of look(atMs, [])) patrols.push([atMs, crop.box.x]);
    }
    expect(patrols).toEqual([
      [3000, 0.4],
      [6000, 0],
      [9000, 0.4],
      [12_000, 0],
    ]);
  });

  test("asks for one at what moves, at once", () => {
    const [look] = openGate().plan(200, [ELSEWHERE]);
    expect(look?.isPatrol).toBe(false);
    expect(look?.crop.box.width).toBeLessThan(0.5);
  });

  test("asks less often where looks find nobody, but often enough for two within a rule's second and a half", () => {
    const { look } = openGate();
    expect(asked(look, 200, 1200, [WAVES])).toBe(5);
    asked(look, 1200, 30_000, [WAVES]);
    const later = asked(look, 30_000, 36_000, [WAVES]);
    expect(later).toBe(10);
  });

  test("asks at once where something moves beside such a place", () => {
    const { look, plan } = openGate();
    asked(look, 200, 30_000, [WAVES]);
    look(30_000, [WAVES]);
    expect(plan(30_200, [WAVES])).toEqual([]);
    expect(plan(30_200, [WAVES, ELSEWHERE])).toHaveLength(1);
  });

  test("asks as often as ever where somebody was found", () => {
    const { look } = openGate();
    asked(look, 200, 30_000, [WAVES]);
    look(31_000, [WAVES], [WAVES]);
    expect(asked(look, 31_200, 32_200, [WAVES])).toBe(5);
  });

  test("forgets in ten quiet seconds what was in vain", () => {
    const { look } = openGate();
    asked(look, 200, 30_000, [WAVES]);
    expect(asked(look, 45_000, 46_000, [WAVES])).toBe(5);
  });

  test("asks every second for who is followed and stands, every other picture for who walks", () => {
    const { plan } = openGate();
    const followed = { box: ELSEWHERE, isPending: false, soughtMs: 1000 };
    expect(plan(1800, [], [followed])).toEqual([]);
    expect(plan(2000, [], [followed])).toHaveLength(1);
    expect(plan(1200, [ELSEWHERE], [followed])).toEqual([]);
    expect(plan(1400, [ELSEWHERE], [followed])).toHaveLength(1);
  });

  test("looks at all of somebody of whom a hand moves", () => {
    const { plan } = openGate();
    const body = { x: 0.4, y: 0.3, width: 0.1, height: 0.4 };
    const hand = { x: 0.41, y: 0.45, width: 0.02, height: 0.05 };
    const [look] = plan(1400, [hand], [{ box: body, isPending: false, soughtMs: 1000 }]);
    expect(look?.crop.box.y).toBeLessThanOrEqual(body.y);
    expect((look?.crop.box.y ?? 0) + (look?.crop.box.height ?? 0)).toBeGreaterThanOrEqual(0.7);
  });

  test("leaves out no picture while one look more may tell what it is", () => {
    const { plan } = openGate();
    expect(plan(1200, [], [{ box: ELSEWHERE, isPending: true, soughtMs: 1000 }])).toHaveLength(1);
  });

  test("asks for both halves of the picture on each while the place is being learnt", () => {
    const { gate } = openGate();
    const looks = gate.plan({ moving: [], isLearning: true }, [], 200);
    expect(looks.map(({ isPatrol }) => isPatrol)).toEqual([true, true]);
  });

  test("takes turns where more moves than it has looks for", () => {
    const { look } = openGate();
    const many = Array.from({ length: 6 }, (_, i) => ({
      x: 0.02 + (i % 3) * 0.36,
      y: i < 3 ? 0.05 : 0.8,
      width: 0.02,
      height: 0.1,
    }));
    const seen = new Set<string>();
    for (let atMs = 200; atMs <= 600; atMs += 200) {
      const looks = look(atMs, many);
      expect(looks.length).toBeLessThanOrEqual(MAX_CROPS);
      for (const { crop } of looks) seen.add(JSON.stringify(crop.box));
    }
    expect(seen.size).toBe(6);
  });
});
