import { describe, expect, test } from "vitest";
import { createOnce } from "../../../src/panel/once.ts";
import { createManualClock } from "../../support/manual-clock.ts";

function setUp() {
  const clock = createManualClock();
  const once = createOnce(clock);
  let count = 0;
  const work = async (): Promise<void> => {
    await clock.settle();
    count++;
  };
  return { clock, once, work, count: () => count };
}

describe("work that is done once", () => {
  test("is done once for many who ask at the same time, each of whom waits for it, and again after ten minutes", async () => {
    const { clock, once, work, count } = setUp();
    await Promise.all(Array.from({ length: 100 }, () => once(["longwan"], work)));
    expect(count()).toBe(1);
    await clock.advance(599_999);
    await once(["longwan"], work);
    expect(count()).toBe(1);
    await clock.advance(1);
    await once(["longwan"], work);
    expect(count()).toBe(2);
    await once(["taohua"], work);
    expect(count()).toBe(3);
  });

  test("and that failed was not done: all who waited hear of it, and the next one tries again", async () => {
    const { once, work, count } = setUp();
    const fail = (): Promise<never> => Promise.reject(new Error("the ledger is full"));
    const outcomes = await Promise.allSettled([once(["a"], fail), once(["a"], fail)]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await once(["a"], work);
    expect(count()).toBe(1);
  });
});
