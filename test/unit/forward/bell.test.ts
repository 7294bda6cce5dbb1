import { expect, test } from "vitest";
import { systemClock } from "../../../src/core/time.ts";
import { createBell } from "../../../src/forward/bell.ts";

const LONG_MS = 3_600_000;
const never = new AbortController().signal;

test("a bell wakes who waits", async () => {
  const bell = createBell(systemClock);
  const waiting = bell.wait(LONG_MS, never);
  bell.ring();
  await waiting;
});

test("a ring that nobody heard ends the next wait, and only that", async () => {
  const bell = createBell(systemClock);
  bell.ring();
  bell.ring();
  await bell.wait(LONG_MS, never);
  let woken = false;
  const stop = new AbortController();
  const waiting = bell.wait(LONG_MS, stop.signal).then(() => {
    woken = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(woken).toBe(false);
  stop.abort();
  await waiting;
});

test("a wait ends by time and by an abort before or during it", async () => {
  const bell = createBell(systemClock);
  await bell.wait(1, never);
  await bell.wait(LONG_MS, AbortSignal.abort());
});
