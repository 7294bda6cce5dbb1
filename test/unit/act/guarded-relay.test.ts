import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createGuardedRelay, LEASE_MS } from "../../../src/act/guarded-relay.ts";
import type { Relay } from "../../../src/core/devices.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createFakeRelay, noAnswer } from "./act-rig.ts";

const MAX_ON_MS = 60_000;

/** A board with a timer of its own, which the box cannot stop from ending. */
function createTimedBoard(clock: ReturnType<typeof createManualClock>) {
  const nowMs = (): number => clock.now().monotonicMs;
  let untilMs = 0;
  let failing = false;
  const orders: string[] = [];
  const relay: Relay = {
    async switch(on) {
      orders.push(`${nowMs()} ${on ? "on for ever" : "off"}`);
      if (failing) throw noAnswer();
      untilMs = on ? Number.POSITIVE_INFINITY : 0;
    },
    async switchOnFor(forMs) {
      orders.push(`${nowMs()} for ${forMs}`);
      if (failing) throw noAnswer();
      untilMs = nowMs() + forMs;
    },
    readBack: async () => untilMs > nowMs(),
    async close() {
      untilMs = 0;
    },
  };
  return {
    relay,
    orders,
    isOn: () => untilMs > nowMs(),
    fail(on: boolean) {
      failing = on;
    },
  };
}

function rig() {
  const clock = createManualClock();
  const board = createTimedBoard(clock);
  const relay = createGuardedRelay({ clock, log: silentLogger }, board.relay, MAX_ON_MS);
  return { clock, board, relay };
}

describe("a relay whose board has a timer of its own", () => {
  test("is on by that timer only, renewed while it is to be on", async () => {
    const { clock, board, relay } = rig();
    await relay.switch(true);
    for (let second = 0; second < 50; second++) {
      expect(board.isOn()).toBe(true);
      await clock.advance(1000);
    }
    expect(board.orders.every((order) => order.endsWith(`for ${LEASE_MS}`))).toBe(true);
    await relay.switch(false);
    expect(board.isOn()).toBe(false);
    expect(clock.pending()).toBe(0);
  });

  test("goes off by itself within the lease when the box says nothing more", async () => {
    const { clock, board, relay } = rig();
    await relay.switch(true);
    await clock.advance(20_000);
    board.fail(true);
    await clock.advance(LEASE_MS);
    expect(board.isOn()).toBe(false);
  });

  test("sounds on when up to two renewals are lost", async () => {
    const { clock, board, relay } = rig();
    await relay.switch(true);
    board.fail(true);
    await clock.advance(6_000);
    board.fail(false);
    await clock.advance(4_500);
    expect(board.isOn()).toBe(true);
    await relay.switch(false);
  });

  test("is never on beyond its longest time, though nobody switches it off", async () => {
    const { clock, board, relay } = rig();
    await relay.switch(true);
    await clock.advance(MAX_ON_MS - 1);
    expect(board.isOn()).toBe(true);
    await clock.advance(1);
    expect(board.isOn()).toBe(false);
    await clock.advance(MAX_ON_MS);
    expect(board.isOn()).toBe(false);
    expect(clock.pending()).toBe(0);
  });

  test("is not switched on again by a renewal that was due when it was closed", async () => {
    const { clock, board, relay } = rig();
    await relay.switch(true);
    await relay.close();
    await clock.advance(MAX_ON_MS);
    expect(board.isOn()).toBe(false);
    expect(clock.pending()).toBe(0);
  });

  test("follows the newest order, whatever the times between orders", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 90_000 })), { maxLength: 12 }),
        async (steps) => {
          const { clock, board, relay } = rig();
          for (const [on, ms] of steps) {
            await relay.switch(on);
            expect(board.isOn()).toBe(on);
            await clock.advance(ms);
            expect(board.isOn()).toBe(on && ms < MAX_ON_MS);
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a relay that can tell its state", () => {
  test.each([true, false])("and tells the opposite fails the order %s", async (on) => {
    const clock = createManualClock();
    const fake = createFakeRelay(clock, []);
    fake.readBack = async () => !on;
    const relay = createGuardedRelay({ clock, log: silentLogger }, fake, MAX_ON_MS);
    await expect(relay.switch(on)).rejects.toMatchObject({ code: "relay.contradicts", kind: "transient" });
  });

  test("but does not answer may sound, and is not known to be off", async () => {
    const clock = createManualClock();
    const fake = createFakeRelay(clock, []);
    fake.readBack = () => Promise.reject(noAnswer());
    const relay = createGuardedRelay({ clock, log: silentLogger }, fake, MAX_ON_MS);
    await relay.switch(true);
    expect(fake.isOn).toBe(true);
    await expect(relay.switch(false)).rejects.toMatchObject({ code: "serial.timeout" });
  });

  test("or cannot, and has no timer, is switched as it is", async () => {
    const clock = createManualClock();
    const fake = createFakeRelay(clock, []);
    fake.readBack = async () => "unknown";
    const relay = createGuardedRelay({ clock, log: silentLogger }, fake, MAX_ON_MS);
    await relay.switch(true);
    expect(fake.isOn).toBe(true);
    await relay.switch(false);
    expect(fake.isOn).toBe(false);
    expect(clock.pending()).toBe(0);
  });
});
