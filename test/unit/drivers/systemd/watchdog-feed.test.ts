import { describe, expect, it } from "vitest";
import type { SystemdNotify } from "../../../../src/drivers/systemd/notify.ts";
import { createWatchdogFeed } from "../../../../src/drivers/systemd/watchdog-feed.ts";
import { createSteppedClock } from "../../../support/stepped-clock.ts";

function createHarness(watchdogMs: number | undefined) {
  const clock = createSteppedClock();
  const fedAtMs: number[] = [];
  const notify: SystemdNotify = {
    watchdogMs,
    ready: async () => {},
    status: async () => {},
    stopping: async () => {},
    watchdog: async () => void fedAtMs.push(clock.now().monotonicMs),
  };
  const state = { healthy: true };
  const feed = createWatchdogFeed({ notify, clock, healthy: () => state.healthy });
  return { clock, fedAtMs, state, feed };
}

describe("the feed of systemd's watchdog", () => {
  it("begins at once and comes three times within what systemd allows", async () => {
    const { clock, fedAtMs, feed } = createHarness(21_000);
    await feed.start();
    clock.step(21_000);
    expect(fedAtMs).toEqual([0, 7_000, 14_000, 21_000]);
  });

  it("pauses while the gateway is unwell and goes on when it recovers", async () => {
    const { clock, fedAtMs, state, feed } = createHarness(21_000);
    await feed.start();
    state.healthy = false;
    clock.step(14_000);
    state.healthy = true;
    clock.step(7_000);
    expect(fedAtMs).toEqual([0, 21_000]);
  });

  it("ends with stop, which may be called twice", async () => {
    const { clock, fedAtMs, feed } = createHarness(21_000);
    await feed.start();
    await feed.stop();
    await feed.stop();
    clock.step(60_000);
    expect(fedAtMs).toEqual([0]);
  });

  it("does nothing where nobody watches", async () => {
    const { clock, fedAtMs, feed } = createHarness(undefined);
    await feed.start();
    clock.step(60_000);
    expect(fedAtMs).toEqual([]);
  });
});
