import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGround } from "../../../../../hw/virtual/scene/ground.ts";
import { BODY_METRES, poseSkeleton } from "../../../../../hw/virtual/scene/skeleton.ts";
import { planWalk } from "../../../../../hw/virtual/scene/walk.ts";

const ground = createGround(60, 3, 450);

describe("perspective", () => {
  test("finds the spot of a point of the picture again", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -0.2, max: 1.2, noNaN: true }),
        fc.double({ min: 0.25, max: 1, noNaN: true }),
        (x, y) => {
          const seen = ground.see(ground.spotAt([x, y]));
          expect(seen.x).toBeCloseTo(x * 640, 6);
          expect(seen.y).toBeCloseTo(y * 360, 6);
        },
      ),
    );
  });
});

describe("a walk", () => {
  const walk = planWalk(
    ground,
    [0.9, 0.7],
    [
      { to: [0.5, 0.8], metresPerSecond: 1.2 },
      { stayMs: 3000, heading: 1.5, lean: 0.3 },
      { to: [0.9, 0.7], metresPerSecond: 1.2 },
    ],
  );

  test("is nowhere before it begins and after it ends", () => {
    expect(walk.at(-1)).toBeUndefined();
    expect(walk.at(walk.durationMs)).toBeUndefined();
    expect(walk.at(0)).toBeDefined();
  });

  test("moves without jumps, at the pace it was given", () => {
    for (let atMs = 0; atMs + 50 < walk.durationMs; atMs += 50) {
      const [from, to] = [walk.at(atMs), walk.at(atMs + 50)];
      if (!from || !to) throw new Error("The walk has a hole");
      const metres = Math.hypot(to.spot.x - from.spot.x, to.spot.z - from.spot.z);
      expect(metres).toBeLessThanOrEqual(1.2 * 0.05 + 1e-9);
      expect(Math.cos(to.pose.heading - from.pose.heading)).toBeGreaterThan(0.7);
    }
  });

  test("stands still where it stays", () => {
    const staying = (walk.durationMs - 3000) / 2 + 1500;
    expect(walk.at(staying)?.pose.stride).toBe(0);
    expect(walk.at(staying)?.spot).toEqual(walk.at(staying + 500)?.spot);
  });
});

describe("a body", () => {
  const poses = fc.record({
    heading: fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
    phase: fc.double({ min: 0, max: 20, noNaN: true }),
    stride: fc.double({ min: 0, max: 1, noNaN: true }),
    lean: fc.double({ min: 0, max: 0.1, noNaN: true }),
  });

  test("has a foot on the ground and a head at a grown person's height, in every step and direction", () => {
    fc.assert(
      fc.property(poses, (pose) => {
        const { legs, head } = poseSkeleton(pose);
        // Depth lifts what is farther away; without it the lower foot stands within the thickness of a sole.
        const soles = legs.map(({ ankle }) => ankle.y - ankle.depth * 0.22 - 0.07);
        expect(Math.min(...soles)).toBeCloseTo(0, 6);
        expect(head.y + 0.12).toBeGreaterThan(BODY_METRES * 0.88);
        expect(head.y + 0.12).toBeLessThan(BODY_METRES * 1.1);
      }),
    );
  });

  test("keeps the lengths of its limbs when seen from the side", () => {
    fc.assert(
      fc.property(poses, (pose) => {
        for (const { hip, knee, ankle } of poseSkeleton({ ...pose, heading: 0 }).legs) {
          expect(Math.hypot(knee.x - hip.x, knee.y - hip.y)).toBeCloseTo(0.44, 2);
          expect(Math.hypot(ankle.x - knee.x, ankle.y - knee.y)).toBeCloseTo(0.43, 2);
        }
      }),
    );
  });
});
