import { describe, expect, test } from "vitest";
import type { Polygon } from "../../../src/core/geometry.ts";
import { CameraWatch, lookOnce } from "../../../src/vision/camera-watch.ts";
import type { LookPicture, PersonBox } from "../../../src/vision/people/person-model.ts";
import { drawFigure, drawPlace, HEIGHT, type Painting, WIDTH } from "./drawing.ts";

/** The picture below a height: the water, and the bank up to it. */
const below = (y: number): Polygon => [
  [0, y],
  [1, y],
  [1, 1],
  [0, 1],
];
/** Where the figure's feet are at first. */
const FEET = 140;
const FACTS = {
  id: "by-hand",
  sha256: "",
  sides: { multiple: 32, width: 640, height: 640 },
  usualScore: 0.4,
};

/** A camera with one zone, in whose pictures a figure stands or walks, or nobody. */
function createScene(zone: Polygon) {
  const watch = new CameraWatch({
    kind: "watch",
    camera: "pond",
    width: WIDTH,
    height: HEIGHT,
    zones: [{ id: "bank", polygon: zone }],
  });
  let atMs = 0;
  const shown = (x: number | undefined) => {
    atMs += 200;
    const painting: Painting = x === undefined ? drawPlace() : drawFigure(drawPlace(), x, FEET);
    const pixels = new Uint8Array(WIDTH * HEIGHT * 1.5).fill(128);
    pixels.set(painting);
    return { camera: "pond", width: WIDTH, height: HEIGHT, pixels, at: { wallMs: atMs, monotonicMs: atMs } };
  };
  return {
    watch,
    /** What movement alone tells of the zone. */
    moves: (x?: number) => watch.look(shown(x)).zones[0],
    /** What a model tells that finds the figure, which is darker than all else. */
    people: async (x: number) =>
      (await lookOnce(watch, { detect: async (look) => findDark(look) }, shown(x))).people?.zones[0],
  };
}

function findDark({ width, height, pixels }: LookPicture): PersonBox[] {
  const dark = Array.from({ length: width * height }, (_, i) => i).filter(
    (i) => (pixels[i * 3] as number) < 35,
  );
  if (dark.length === 0) return [];
  const columns = dark.map((i) => i % width);
  const [left, right] = [Math.min(...columns), Math.max(...columns) + 1];
  const [top, bottom] = [
    Math.floor((dark[0] as number) / width),
    Math.floor((dark.at(-1) as number) / width) + 1,
  ];
  const box = {
    x: left / width,
    y: top / height,
    width: (right - left) / width,
    height: (bottom - top) / height,
  };
  return [{ box, score: 0.8 }];
}

describe("a zone whose outline changes while its camera is watched", () => {
  /** Two seconds of somebody who walks by. */
  const walks = (moves: (x: number) => { present: boolean } | undefined): boolean[] =>
    Array.from({ length: 10 }, (_, look) => moves(100 + look * 6)?.present ?? false);

  test("finds who comes right after the change: the background is not learnt anew", () => {
    const { watch, moves } = createScene(below(0.95));
    for (let look = 0; look < 20; look++) moves();
    watch.setZones([{ id: "bank", polygon: below(0.6) }]);
    expect(walks(moves)).toContain(true);
  });

  test("is told apart from one that is watched anew, which learns the place first", () => {
    expect(walks(createScene(below(0.6)).moves)).not.toContain(true);
  });

  test("has him in it whom the water has come up to, and not him from whom it went", () => {
    const { watch, moves } = createScene(below(0.95));
    for (let look = 0; look < 20; look++) moves();
    for (let x = 60; x < 100; x += 4) expect(moves(x)?.present).toBe(false);
    watch.setZones([{ id: "bank", polygon: below(0.6) }]);
    expect([moves(100), moves(104)].map((zone) => zone?.present)).toEqual([false, true]);
    watch.setZones([{ id: "bank", polygon: below(0.95) }]);
    const left = Array.from({ length: 15 }, (_, look) => moves(104 + look * 4));
    expect(left[0]?.present).toBe(true);
    expect(left.at(-1)?.present).toBe(false);
    expect(left.filter((zone) => zone?.changed)).toHaveLength(1);
  });

  test("keeps who is followed, with identity, when people are found by a model", async () => {
    const { watch, moves, people } = createScene(below(0.95));
    for (let look = 0; look < 20; look++) moves();
    watch.setModel(FACTS);
    for (let x = 60; x < 160; x += 4) expect((await people(x))?.present ?? false).toBe(false);
    watch.setZones([{ id: "bank", polygon: below(0.6) }]);
    const after = [];
    for (let x = 160; x < 180; x += 4) after.push(await people(x));
    const seen = after.filter((zone) => zone !== undefined);
    expect(seen[0]).toMatchObject({ present: true, changed: true, tracks: [{ id: 1, moved: true }] });
    expect(seen.at(-1)).toMatchObject({ present: true, changed: false, tracks: [{ id: 1 }] });
  });

  test("holds for a model that is set later, too", async () => {
    const { watch, moves, people } = createScene(below(0.95));
    for (let look = 0; look < 20; look++) moves();
    watch.setZones([{ id: "bank", polygon: below(0.6) }]);
    watch.setModel(FACTS);
    const seen = [];
    for (let x = 60; x < 160; x += 4) seen.push(await people(x));
    expect(seen.some((zone) => zone?.present)).toBe(true);
  });
});

describe("a line that is drawn while its camera is watched", () => {
  const upright = (x: number) =>
    ({
      id: "edge",
      name: "路口",
      inside: "left",
      points: [
        [x, 0],
        [x, 1],
      ] as [number, number][],
    }) as const;
  const walk = (watch: CameraWatch, moves: (x?: number) => unknown, to: number): string[] => {
    const over: string[] = [];
    const look = watch.look.bind(watch);
    watch.look = (picture) => {
      const found = look(picture);
      over.push(...found.crossings.map(({ direction }) => direction));
      return found;
    };
    for (let x = 60; x < to; x += 6) moves(x);
    watch.look = look;
    return over;
  };

  test("counts who goes over it from then on, without learning the place anew", () => {
    const { watch, moves } = createScene(below(0.95));
    for (let look = 0; look < 20; look++) moves();
    watch.setLines([upright(0.45)]);
    expect(walk(watch, moves, 240)).toEqual(["in"]);
  });

  test("does not count any more when it is taken out", () => {
    const { watch, moves } = createScene(below(0.95));
    watch.setLines([upright(0.45)]);
    for (let look = 0; look < 20; look++) moves();
    watch.setLines([]);
    expect(walk(watch, moves, 240)).toEqual([]);
  });
});

test("a place whose masks changed is learnt anew: what is black now does not stand out", () => {
  const { watch, moves } = createScene(below(0.6));
  for (let look = 0; look < 20; look++) moves();
  watch.learnAnew();
  expect(Array.from({ length: 5 }, (_, look) => moves(100 + look * 6)?.present)).not.toContain(true);
});
