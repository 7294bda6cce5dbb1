import fc from "fast-check";
import { expect, test } from "vitest";
import { LONGEST_PATH } from "../../../src/core/observation.ts";
import { Trail } from "../../../src/vision/trail.ts";

test("a trail is where the feet were in the last eight seconds, the newest last", () => {
  const trail = new Trail();
  for (let second = 0; second <= 20; second++) trail.add([second / 100, 0.5], second * 1000);
  const { points } = trail;
  expect(points).toHaveLength(8);
  expect(points.at(0)).toEqual([0.13, 0.5]);
  expect(points.at(-1)).toEqual([0.2, 0.5]);
});

test("a trail of who stands is one place", () => {
  const trail = new Trail();
  for (let look = 0; look < 100; look++) trail.add([0.5 + (look % 2) / 1000, 0.5], look * 200);
  expect(trail.points.length).toBeLessThanOrEqual(2);
});

test("a trail has no more points than a path may have, however often it is looked at, and ends at the feet", () => {
  const steps = fc.array(
    fc.record({
      afterMs: fc.integer({ min: 1, max: 900 }),
      x: fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      y: fc.double({ min: 0.001, max: 0.999, noNaN: true }),
    }),
    { minLength: 1, maxLength: 200 },
  );
  fc.assert(
    fc.property(steps, (looks) => {
      const trail = new Trail();
      let atMs = 0;
      for (const { afterMs, x, y } of looks) {
        atMs += afterMs;
        trail.add([x, y], atMs);
        expect(trail.points.length).toBeLessThanOrEqual(LONGEST_PATH);
        expect(trail.points.at(-1)?.[0]).toBeCloseTo(x, 3);
      }
    }),
  );
});
