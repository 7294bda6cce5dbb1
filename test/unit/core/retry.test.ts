import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { retryDelays } from "../../../src/core/retry.ts";

function take(count: number, delays: Iterator<number>): number[] {
  return Array.from({ length: count }, () => Number(delays.next().value));
}

describe("retry delays", () => {
  test("double up to the cap and go on for ever when there is no jitter", () => {
    const delays = retryDelays({ firstMs: 500, capMs: 3000, jitter: 0 }, () => 0);
    expect(take(6, delays)).toEqual([500, 1000, 2000, 3000, 3000, 3000]);
  });

  test("never exceed the cap nor fall below the share that jitter leaves", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 60_000 }),
        fc.float({ min: 0, max: 1, noNaN: true }),
        (firstMs, capMs, jitter) => {
          for (const delay of take(
            20,
            retryDelays({ firstMs, capMs, jitter }, () => 0.999),
          )) {
            expect(delay).toBeLessThanOrEqual(capMs);
            expect(delay).toBeGreaterThanOrEqual(Math.floor(Math.min(firstMs, capMs) * (1 - jitter)));
          }
        },
      ),
    );
  });
});
