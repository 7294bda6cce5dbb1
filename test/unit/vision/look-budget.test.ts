import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LookBudget } from "../../../src/vision/people/look-budget.ts";

/** Cameras that always ask, each with looks of its own cost, for so long. @returns ms spent by each. */
function contend(share: number, costs: Readonly<Record<string, number>>, forMs: number) {
  const cameras = Object.keys(costs);
  const budget = new LookBudget(share, cameras, 0);
  const spent = new Map(cameras.map((camera) => [camera, 0]));
  const turns = new Map(cameras.map((camera) => [camera, 0]));
  let nowMs = 0;
  let nextPictureMs = 0;
  while (nowMs < forMs) {
    if (nowMs >= nextPictureMs) {
      for (const camera of cameras) budget.ask(camera, nowMs);
      nextPictureMs = nowMs + 200;
    }
    const camera = budget.next(nowMs);
    if (camera === undefined) {
      nowMs = Math.min(nextPictureMs, nowMs + Math.max(1, budget.waitMs(nowMs)));
      continue;
    }
    const tookMs = costs[camera] ?? 0;
    nowMs += tookMs;
    budget.spend(camera, 1, tookMs, nowMs);
    turns.set(camera, (turns.get(camera) ?? 0) + 1);
    spent.set(camera, (spent.get(camera) ?? 0) + tookMs);
  }
  return { spent, turns, total: [...spent.values()].reduce((sum, ms) => sum + ms, 0) };
}

describe("the budget of looks", () => {
  test("keeps to its share of a core however much is asked for", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 5, max: 90 }), (cameras, cost) => {
        const costs = Object.fromEntries(Array.from({ length: cameras }, (_, i) => [`c${i}`, cost]));
        const { total } = contend(0.3, costs, 30_000);
        // What was saved up at the start, and one look that began with the last of it.
        expect(total).toBeLessThanOrEqual(0.3 * 30_000 + 1000 + 2 * cost);
      }),
    );
  });

  test("gives cameras that keep asking the same time", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 30, max: 90 }), (cameras, cost) => {
        const costs = Object.fromEntries(Array.from({ length: cameras }, (_, i) => [`c${i}`, cost]));
        const times = [...contend(0.2, costs, 30_000).spent.values()];
        expect(Math.max(...times) - Math.min(...times)).toBeLessThanOrEqual(cost);
      }),
    );
  });

  test("gives a camera whose looks cost more no more turns than the others", () => {
    const { turns } = contend(0.3, { lake: 25, pond: 25, street: 75 }, 60_000);
    expect(turns.get("street")).toBeLessThanOrEqual((turns.get("lake") ?? 0) + 1);
    expect(turns.get("lake")).toBeGreaterThan(100);
  });

  test("lets who comes after a quiet hour neither wait for that hour nor keep the others out for it", () => {
    const budget = new LookBudget(2, ["busy", "quiet"], 0);
    let nowMs = 0;
    for (let look = 0; look < 1000; look++) {
      budget.ask("busy", nowMs);
      expect(budget.next(nowMs)).toBe("busy");
      nowMs += 20;
      budget.spend("busy", 1, 20, nowMs);
    }
    const turns: (string | undefined)[] = [];
    for (let look = 0; look < 10; look++) {
      budget.ask("busy", nowMs);
      budget.ask("quiet", nowMs);
      const camera = budget.next(nowMs);
      turns.push(camera);
      nowMs += 20;
      budget.spend(camera ?? "", 1, 20, nowMs);
    }
    const quiet = turns.filter((camera) => camera === "quiet").length;
    expect([4, 5, 6]).toContain(quiet);
  });

  test("counts the looks, the waiting, and the pictures that newer ones replaced", () => {
    const budget = new LookBudget(0.5, ["pond"], 0);
    budget.ask("pond", 0);
    budget.ask("pond", 200);
    budget.ask("pond", 400);
    expect(budget.next(600)).toBe("pond");
    budget.spend("pond", 2, 50, 650);
    expect(budget.figures("pond")).toEqual({ looks: 2, waitedMs: 600, leftOut: 2, shortMs: 350 });
  });

  test("is short while somebody waits beyond the next picture, once for all who do", () => {
    const budget = new LookBudget(0.5, ["pond", "lake"], 0);
    budget.ask("pond", 0);
    budget.ask("lake", 100);
    expect(budget.shortage(1250)).toEqual({ shortMs: 1000, ofMs: 1250 });
  });

  test("tells when there is time again", () => {
    const budget = new LookBudget(0.5, ["pond"], 0);
    budget.ask("pond", 0);
    expect(budget.next(0)).toBe("pond");
    budget.spend("pond", 1, 3000, 3000);
    budget.ask("pond", 3000);
    const waitMs = budget.waitMs(3000);
    expect(waitMs).toBeGreaterThan(0);
    expect(budget.next(3000)).toBeUndefined();
    expect(budget.next(3000 + waitMs)).toBe("pond");
  });

  test("keeps no turn for a camera whose picture is gone", () => {
    const budget = new LookBudget(0.5, ["pond"], 0);
    budget.ask("pond", 0);
    budget.withdraw("pond", 100);
    expect(budget.next(200)).toBeUndefined();
  });
});
