import { describe, expect, test } from "vitest";
import { BANK_ZONE, createPondScene } from "../../../../../hw/virtual/scene/pond.ts";
import { createRoadScene } from "../../../../../hw/virtual/scene/road.ts";
import type { Scene } from "../../../../../hw/virtual/scene/scene-source.ts";
import { createSquareScene } from "../../../../../hw/virtual/scene/square.ts";
import { crossesItself, rasterize } from "../../../../../src/core/geometry.ts";

const caption = { name: "东塘", plainName: "pond" };
const WALL_MS = Date.UTC(2026, 6, 1, 6, 3, 22);
const FRAME_MS = 1000 / 15;
/** More than grain and the breeze's half pixels do to one colour of a pixel. */
const CHANGED = 30;

function picture(scene: Scene, atMs: number): Uint8Array {
  return Uint8Array.from(scene.render(atMs, WALL_MS + atMs));
}

/** Share of the masked pixels whose green differs clearly. */
function changedShare(a: Uint8Array, b: Uint8Array, mask: Uint8Array): number {
  let changed = 0;
  let all = 0;
  mask.forEach((inside, index) => {
    if (!inside) return;
    all += 1;
    if (Math.abs((a[index * 4 + 1] ?? 0) - (b[index * 4 + 1] ?? 0)) > CHANGED) changed += 1;
  });
  return changed / all;
}

const bank = rasterize(BANK_ZONE, 640, 360);
const everywhere = new Uint8Array(640 * 360).fill(1);

describe.each([
  ["pond", () => createPondScene({ caption, firstEntryMs: 4000 })],
  ["road", () => createRoadScene({ caption })],
  ["square", () => createSquareScene({ caption })],
] as const)("the %s", (_name, create) => {
  test("looks the same at the same times, every time", () => {
    const [one, other] = [create(), create()];
    for (const atMs of [0, 4000, 9000.5, 30_000]) {
      expect(Buffer.compare(picture(one, atMs), picture(other, atMs))).toBe(0);
    }
  });

  test("is an opaque picture of 640 by 360 with something in it that moves", () => {
    const scene = create();
    const first = picture(scene, 0);
    expect(first.length).toBe(640 * 360 * 4);
    expect(first.every((value, index) => index % 4 !== 3 || value === 255)).toBe(true);
    expect(changedShare(first, picture(scene, 9000), everywhere)).toBeGreaterThan(0.0005);
  });
});

describe("the pond's walker", () => {
  /** Films from 0 and gives the entry times told. */
  function film(scene: ReturnType<typeof createPondScene>, fromMs: number, toMs: number): number[] {
    const entries: number[] = [];
    const stop = scene.onWalkerEnters((atMs) => entries.push(atMs));
    for (let atMs = fromMs; atMs < toMs; atMs += FRAME_MS) scene.render(atMs, WALL_MS);
    stop();
    return entries;
  }

  test("comes to the bank at the times set, and each entry is told once with the time of its picture", () => {
    const scene = createPondScene({ caption, firstEntryMs: 5000, everyMs: 1000 });
    // The first picture is taken at 1000; a round is never shorter than the walk.
    const entries = film(scene, 1000, 45_000);
    expect(entries).toHaveLength(2);
    expect(entries[0]).toBeGreaterThanOrEqual(6000 - 1);
    expect(entries[0]).toBeLessThan(6000 + 2 * FRAME_MS);
  }, 120_000);

  test("is in the zone from the picture told on, and nowhere in it before", () => {
    const scene = createPondScene({ caption, firstEntryMs: 5000 });
    const empty = picture(scene, 0);
    const [entry = 0] = film(scene, FRAME_MS, 8000);
    expect(changedShare(empty, picture(scene, 8000), bank)).toBeGreaterThan(0.02);
    const again = createPondScene({ caption, firstEntryMs: 5000 });
    again.render(0, WALL_MS);
    const before = picture(again, entry - 2 * FRAME_MS);
    expect(changedShare(empty, before, bank)).toBeLessThan(0.0005);
  });

  test("comes when he is summoned, unless he is there already", () => {
    const scene = createPondScene({ caption, firstEntryMs: 600_000 });
    expect(film(scene, 0, 1000)).toEqual([]);
    expect(scene.summonWalker()).toBe(true);
    const entries = film(scene, 1000, 8000);
    expect(entries).toHaveLength(1);
    expect(scene.summonWalker()).toBe(false);
  });

  test("is alone in the zone: no duck, reed or ripple moves there", () => {
    const scene = createPondScene({ caption, firstEntryMs: 600_000 });
    const first = picture(scene, 0);
    for (const atMs of [700, 5000, 11_300, 23_000, 47_000, 80_000]) {
      expect(changedShare(first, picture(scene, atMs), bank)).toBeLessThan(0.0005);
    }
  });
});

describe("the pond's water", () => {
  test("rises up the bank with the level, slowly", () => {
    const scene = createPondScene({ caption, firstEntryMs: 600_000 });
    const usual = picture(scene, 0);
    scene.setWaterLevelMetres(4.2);
    const soon = changedShare(usual, picture(scene, 200), bank);
    const later = changedShare(usual, picture(scene, 10_000), bank);
    expect(soon).toBeLessThan(0.005);
    expect(later).toBeGreaterThan(0.01);
  });

  test("stays off the bank zone at every level that the kit's slider offers", () => {
    const scene = createPondScene({ caption, firstEntryMs: 600_000 });
    const usual = picture(scene, 0);
    scene.setWaterLevelMetres(3.1);
    expect(changedShare(usual, picture(scene, 10_000), bank)).toBeLessThan(0.005);
  });

  test("keeps to what its gauge can show", () => {
    const scene = createPondScene({ caption, firstEntryMs: 600_000 });
    for (const metres of [-5, 50]) {
      scene.setWaterLevelMetres(metres);
      expect(() => picture(scene, 60_000)).not.toThrow();
    }
  });

  test("has a bank zone that is a plain polygon", () => {
    expect(crossesItself(BANK_ZONE)).toBe(false);
  });
});
