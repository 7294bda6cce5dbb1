import { expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { type Clock, systemClock } from "../../../src/core/time.ts";
import { createBoxEnd } from "../../../src/reverse/box-end.ts";
import { until } from "../../support/until.ts";

/** After that the waits do not grow any more. */
const TRIES = 12;
/** Nobody listens there. */
const NOWHERE = "http://127.0.0.1:9";

async function waitsOf(random: () => number): Promise<readonly number[]> {
  const waitsMs: number[] = [];
  const clock: Clock = {
    ...systemClock,
    async sleep(delayMs, signal) {
      waitsMs.push(delayMs);
      await systemClock.sleep(waitsMs.length < TRIES ? 0 : delayMs, signal);
    },
  };
  const end = createBoxEnd(
    { serve: () => undefined, tls: async () => ({}), clock, random, log: silentLogger },
    { siteId: "longwan", instance: "instance-1", desk: { id: "township", url: NOWHERE, token: "t" } },
  );
  onTestFinished(() => end.stop());
  await end.start();
  await until(() => waitsMs.length >= TRIES, { what: `${TRIES} attempts` });
  return waitsMs;
}

test("a box whose desk is switched off tries again within a quarter of a minute, however long that lasts", async () => {
  const waitsMs = await waitsOf(() => 0);
  expect(waitsMs.slice(0, 4)).toEqual([1000, 2000, 4000, 8000]);
  expect(new Set(waitsMs.slice(4))).toEqual(new Set([15_000]));
});

test("the boxes of a township come back each at a moment of its own", async () => {
  expect((await waitsOf(() => 0.8)).at(-1)).toBe(3000);
});
