import { expect, test } from "vitest";
import type { PartHealth } from "../../../src/core/part.ts";
import { createPartWatch } from "../../../src/panel/part-watch.ts";
import { createManualClock } from "../../support/manual-clock.ts";

test("a part that falls ill, or well, or ill of something else, is told within five seconds; what goes on is not", async () => {
  const clock = createManualClock();
  let health: PartHealth = { name: "gps", status: "ok" };
  let told = 0;
  const watch = createPartWatch(
    clock,
    () => [health],
    () => {
      told += 1;
    },
  );
  await watch.start();
  const before = told;
  await clock.advance(60_000);
  expect(told).toBe(before);

  health = { name: "gps", status: "degraded", reason: "serial.port_lost" };
  await clock.advance(5000);
  expect(told).toBe(before + 1);
  health = { ...health, detail: "looked for it 3 times" };
  await clock.advance(60_000);
  expect(told).toBe(before + 1);
  health = { name: "gps", status: "ok" };
  await clock.advance(5000);
  expect(told).toBe(before + 2);

  await watch.stop();
  health = { name: "gps", status: "starting" };
  await clock.advance(60_000);
  expect(told).toBe(before + 2);
});
