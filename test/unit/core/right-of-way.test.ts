import { describe, expect, test } from "vitest";
import { createRightOfWay } from "../../../src/core/right-of-way.ts";
import { createManualClock } from "../../support/manual-clock.ts";

function createRig() {
  const clock = createManualClock();
  const way = createRightOfWay(clock);
  const freedMs: number[] = [];
  way.onFree(() => freedMs.push(clock.now().monotonicMs));
  return { clock, way, freedMs };
}

describe("the right of way", () => {
  test("is taken until the last who is about to be heard is heard", async () => {
    const { clock, way, freedMs } = createRig();
    expect(way.isTaken()).toBe(false);
    const [one, other] = [way.take(), way.take()];
    await clock.advance(300);
    one();
    one();
    expect(way.isTaken()).toBe(true);
    await clock.advance(100);
    other();
    expect(way.isTaken()).toBe(false);
    expect(freedMs).toEqual([400]);
    expect(clock.pending()).toBe(0);
  });

  test("ends after 5 s for who waits for his turn", async () => {
    const { clock, way, freedMs } = createRig();
    const late = way.take();
    await clock.advance(60_000);
    late();
    expect(freedMs).toEqual([5000]);
  });

  test("is given away for half of the time at most, however many want it", async () => {
    const { clock, way } = createRig();
    let takenMs = 0;
    let sinceMs = 0;
    way.onFree(() => {
      takenMs += clock.now().monotonicMs - sinceMs;
    });
    for (let turn = 0; turn < 6000; turn++) {
      if (!way.isTaken()) sinceMs = clock.now().monotonicMs;
      way.take();
      await clock.advance(100);
    }
    // Besides what was saved up before.
    expect(takenMs).toBeGreaterThan(200_000);
    expect(takenMs).toBeLessThanOrEqual(300_000 + 10_000);
  });
});
