import { createCanvas } from "@napi-rs/canvas";
import { describe, expect, test } from "vitest";
import { CONDITIONS } from "../../../../../../hw/virtual/scene/trials/conditions.ts";
import { createPlace, LANES, PLACE_NAMES } from "../../../../../../hw/virtual/scene/trials/places.ts";
import { createTakeCamera, inViewMs } from "../../../../../../hw/virtual/scene/trials/take.ts";

const places = new Map(PLACE_NAMES.map((name) => [name, createPlace(name)]));
/** Two in a row, and some over half a minute: what passes by is not always there. */
const AT_MS = [61_000, 61_200, ...Array.from({ length: 10 }, (_, index) => 63_000 + index * 3100)];

function pictures(conditionName: string, seed = 3): Uint8ClampedArray[] {
  const condition = CONDITIONS.find(({ name }) => name === conditionName);
  const [name = "pond"] = condition?.places ?? [];
  const place = places.get(name);
  if (!condition || !place) throw new Error("no such condition");
  const camera = createTakeCamera();
  const effects = condition.effects(seed, name);
  return AT_MS.map((atMs) => camera({ place, effects }, atMs));
}

/** Share of pixels whose green differs by more than noise does. */
function changedShare(one: Uint8ClampedArray | undefined, other: Uint8ClampedArray | undefined): number {
  let changed = 0;
  for (let at = 1; at < 640 * 360 * 4; at += 4) {
    if (Math.abs((one?.[at] ?? 0) - (other?.[at] ?? 0)) > 40) changed++;
  }
  return changed / (640 * 360);
}

describe.each(CONDITIONS.map(({ name }) => name))("the condition %s", (name) => {
  test("looks the same for the same seed, whoever draws it", () => {
    const [one, other] = [pictures(name), pictures(name)];
    for (const [index, picture] of one.entries()) {
      expect(Buffer.from(picture).equals(Buffer.from(other[index] ?? []))).toBe(true);
    }
  });

  test.skipIf(["still", "infrared"].includes(name))("changes the picture while nobody is there", () => {
    const [first, , ...later] = pictures(name);
    expect(Math.max(...later.map((one) => changedShare(first, one)))).toBeGreaterThan(0.002);
  });
});

test("a place where nothing goes on does not change but for grain and the breeze", () => {
  const [first, next] = pictures("still");
  expect(changedShare(first, next)).toBeLessThan(0.002);
});

describe("a walker", () => {
  const picture = createCanvas(40, 100);
  const context = picture.getContext("2d");
  context.fillStyle = "rgb(255,0,255)";
  context.fillRect(0, 0, 40, 100);
  const cutouts = [{ picture, wide: 40, high: 100 }];

  test.each(
    PLACE_NAMES.flatMap((name) => (["near", "mid", "far"] as const).map((size) => [name, size] as const)),
  )("on the %s's %s lane is as high as that says, and in view when the label says so", (name, size) => {
    const walker = { cutouts, lane: LANES[name][size], fromMs: 1000, toMs: 9000 };
    const place = places.get(name);
    if (!place) throw new Error("no such place");
    const camera = createTakeCamera();
    const magentaRows = (atMs: number): number => {
      const pixels = camera({ place, effects: [], walker }, atMs);
      const rows = new Set<number>();
      for (let at = 0; at < pixels.length; at += 4) {
        const isMagenta =
          (pixels[at] ?? 0) > 240 && (pixels[at + 1] ?? 255) < 15 && (pixels[at + 2] ?? 0) > 240;
        if (isMagenta) rows.add(Math.floor(at / 4 / 640));
      }
      return rows.size;
    };
    const [from, to] = inViewMs(walker, 5);
    expect(magentaRows(800)).toBe(0);
    expect(magentaRows(9000)).toBe(0);
    for (const atMs of [from, to]) expect(magentaRows(atMs)).toBeGreaterThan(0);
    const share = magentaRows((from + to) / 2) / 360;
    const [least, most] = { near: [0.35, 0.42], mid: [0.15, 0.4], far: [0.08, 0.15] }[size];
    expect(share).toBeGreaterThan((least ?? 0) - 0.006);
    expect(share).toBeLessThan(most ?? 1);
  });
});
