import { beforeAll, describe, expect, test } from "vitest";
import { createPondScene } from "../../hw/virtual/scene/pond.ts";
import { createRoadScene } from "../../hw/virtual/scene/road.ts";
import { createSquareScene } from "../../hw/virtual/scene/square.ts";
import type { CameraFault } from "../../src/core/camera-health.ts";
import { RAISE_AFTER_MS } from "../../src/sense/camera-health.ts";
import {
  ALL,
  CLIPS,
  film,
  HealthRun,
  hasFootage,
  KEY_FRAMES,
  type Pictures,
} from "../support/altered-footage.ts";

// Real footage, altered by ffmpeg, coded and decoded as a camera's: `npx vitest run --project contract camera-health`.

/** The seen is averaged over 8 s, and the place is looked for every 5 s: a fault may be suspected that much later. */
const SEEN_LATE_SECONDS = 20;

const COVERED = "drawbox=x=0:y=0:w=iw*0.8:h=ih:color=0x706050:t=fill";
/** Something large right before the lens: the picture blurred to mere shading, in another light. */
const HAND = "gblur=sigma=60,hflip,eq=contrast=0.7:brightness=0.1";
const TURNED = "crop=iw*0.85:ih*0.85:iw*0.15:ih*0.05,scale=640:360";
const TILTED = "rotate=8*PI/180:ow=iw:oh=ih,crop=iw*0.8:ih*0.8,scale=640:360";

const ALTERED: readonly [CameraFault, string, string][] = [
  ["black", "a picture without light", "eq=brightness=-0.6:contrast=0.3"],
  ["covered", "a board before most of the lens", COVERED],
  ["covered", "a hand on the lens", HAND],
  ["washed-out", "an exposure that does not follow", "eq=brightness=0.65:contrast=0.4"],
  ["out-of-focus", "a lens out of focus", "gblur=sigma=5"],
  ["moved", "a camera turned by a tenth of its picture", TURNED],
  ["moved", "a camera tilted by 8 degrees", TILTED],
];

describe.skipIf(!hasFootage)("a camera of real footage (skipped where ../shared/footage is missing)", () => {
  describe.each(["one-by-one-person", "worker-zone", "people"] as const)("%s", (clip) => {
    let good: Pictures;
    beforeAll(async () => {
      good = await film(clip, 90);
    });

    test.each(ALTERED)(
      "is told %s once with %s, and told when it sees again",
      async (fault, _what, filter) => {
        const run = new HealthRun();
        run.show(good);
        const alteredAt = run.seconds;
        run.show(await film(clip, 65, filter));
        const goodAt = run.seconds;
        run.show(good.slice(0, 75));
        expect(run.told.map(({ kind, fault: told }) => [kind, told])).toEqual([
          ["raised", fault],
          ["cleared", fault],
        ]);
        const [raised, cleared] = run.told;
        const raisedWithin = (raised?.atSeconds ?? 0) - alteredAt;
        expect(raisedWithin).toBeGreaterThanOrEqual(RAISE_AFTER_MS[fault] / 1000 - 1);
        expect(raisedWithin).toBeLessThanOrEqual(RAISE_AFTER_MS[fault] / 1000 + SEEN_LATE_SECONDS);
        expect((cleared?.atSeconds ?? 0) - goodAt).toBeLessThanOrEqual(10 + SEEN_LATE_SECONDS);
      },
    );
  });

  test("is told the same at 5 pictures a second as at key frames only", async () => {
    for (const rate of [ALL, KEY_FRAMES]) {
      const run = new HealthRun();
      run.show(await film("people", 80, "null", rate), rate);
      run.show(await film("people", 40, COVERED, rate), rate);
      expect(run.told.map(({ kind, fault }) => `${kind} ${fault}`)).toEqual(["raised covered"]);
    }
  });

  test.each([
    ["whole", ""],
    ["but for its clock", ",drawtext=text='%{pts\\:hms}':fontsize=20:fontcolor=white:x=10:y=10"],
  ])("that froze %s is told so, and told when it moves again", async (_what, clock) => {
    const good = await film("one-by-one-person", 200);
    const run = new HealthRun();
    run.show(good);
    const frozenAt = run.seconds;
    run.show(await film("one-by-one-person", 60, `trim=end_frame=1,loop=-1:1:0,setpts=N/1.25/TB${clock}`));
    run.show(good.slice(0, 50));
    expect(run.told.map(({ kind, fault }) => `${kind} ${fault}`)).toEqual([
      "raised frozen",
      "cleared frozen",
    ]);
    // The first twins of a frozen picture are 8 s old.
    expect((run.told[0]?.atSeconds ?? 0) - frozenAt).toBeLessThanOrEqual(45);
  });

  test("that always was without noise and movement is not called frozen", async () => {
    const run = new HealthRun();
    run.show(await film("people", 400, "trim=end_frame=1,loop=-1:1:0,setpts=N/1.25/TB"));
    expect(run.told).toEqual([]);
  });

  test("that was turned while the box was off is told as moved", async () => {
    const run = new HealthRun();
    run.show(await film("worker-zone", 80));
    run.restart();
    run.show(await film("worker-zone", 60, TURNED));
    expect(run.told.map(({ kind, fault }) => `${kind} ${fault}`)).toEqual(["raised moved"]);
  });

  test("that a person said to look right now is no longer moved", async () => {
    const run = new HealthRun();
    const turned = await film("people", 90, TURNED);
    run.show(await film("people", 80));
    run.show(turned);
    run.learnAnew();
    run.show(turned);
    expect(run.told.map(({ kind, fault }) => `${kind} ${fault}`)).toEqual(["raised moved", "cleared moved"]);
  });

  test("that the box turned is told of nothing, and of being turned by hand from there on", async () => {
    const run = new HealthRun();
    const home = await film("people", 80);
    const turned = await film("people", 100, TURNED);
    run.show(home);
    // Once when the order is taken, once when it stands still.
    run.learnAnew();
    run.show(await film("people", 12, "crop=iw*0.6:ih*0.6:x='min(iw*0.4,iw*t/30)':y=0,scale=640:360"));
    run.show(turned.slice(0, Math.floor(turned.length * 0.08)));
    run.learnAnew();
    run.show(turned);
    expect(run.told).toEqual([]);
    run.show(home);
    expect(run.told.map(({ kind, fault }) => `${kind} ${fault}`)).toEqual(["raised moved"]);
  });

  test.each([
    ["somebody right before the lens for 5 s", HAND, 5],
    ["the lamp off for 8 s", "eq=brightness=-0.6:contrast=0.3", 8],
    ["fog", "eq=contrast=0.45:brightness=0.15", 90],
    ["a turn by a hundredth of the picture", "crop=iw*0.99:ih*0.99:iw*0.01:0,scale=640:360", 90],
  ])("tells no fault with %s", async (_what, filter, seconds) => {
    const run = new HealthRun();
    const good = await film("one-by-one-person", 80);
    run.show(good);
    run.show(await film("one-by-one-person", seconds, filter));
    run.show(good.slice(0, 25));
    expect(run.told).toEqual([]);
  });

  // No clip was filmed at night: dark, without colour, grainy, its gain unsteady, headlights passing.
  const NIGHT = [
    "hue=s=0",
    "eq=contrast=0.6:brightness='-0.22+0.02*sin(t*9)':eval=frame",
    "noise=alls=9:allf=t",
    "drawbox=x=0:y=ih*0.3:w=iw*0.4:h=ih*0.3:color=white@0.7:t=fill:enable='between(mod(t,30),6,9)'",
  ].join(",");

  test.each(CLIPS)(
    "tells no fault in 100 s of %s by day, 150 s of a made night, and day again",
    async (clip) => {
      const day = await film(clip, 100);
      const run = new HealthRun();
      run.show(day);
      run.show(await film(clip, 150, NIGHT));
      run.show(day);
      expect(run.told).toEqual([]);
    },
  );

  test("tells no fault in 10 minutes of one place, by day, its 139 s shown again and again", async () => {
    const run = new HealthRun();
    run.show(await film("one-by-one-person", 600));
    expect(run.told).toEqual([]);
  });
});

const caption = { name: "东塘", plainName: "pond" };

describe("a camera of the virtual village", () => {
  test.each([
    ["pond, with its ripples and the walker", () => createPondScene({ caption, firstEntryMs: 4000 })],
    ["road", () => createRoadScene({ caption })],
    ["square", () => createSquareScene({ caption })],
  ])("tells no fault in 4 minutes of the %s", (_what, create) => {
    const scene = create();
    const run = new HealthRun();
    for (let atMs = 0; atMs < 240_000; atMs += 1000 / KEY_FRAMES) {
      run.show([grayOf(scene.render(atMs, Date.UTC(2026, 6, 1) + atMs), scene.width, scene.height)]);
    }
    expect(run.told).toEqual([]);
  });
});

/** Luma at half the size. */
function grayOf(rgba: Uint8Array, width: number, height: number): Uint8Array {
  const gray = new Uint8Array((width * height) / 4);
  const lumaAt = (i: number): number =>
    0.299 * (rgba[i] as number) + 0.587 * (rgba[i + 1] as number) + 0.114 * (rgba[i + 2] as number);
  for (let y = 0; y < height / 2; y++) {
    for (let x = 0; x < width / 2; x++) {
      const i = (2 * y * width + 2 * x) * 4;
      const below = i + width * 4;
      gray[(y * width) / 2 + x] = (lumaAt(i) + lumaAt(i + 4) + lumaAt(below) + lumaAt(below + 4)) / 4;
    }
  }
  return gray;
}
