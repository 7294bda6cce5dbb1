import { describe, expect, test } from "vitest";
import { isoTime, systemClock, within } from "../../../src/core/time.ts";
import { createManualClock } from "../../support/manual-clock.ts";

describe("a call without a delay", () => {
  test("comes after what was to be done already, and never where it was cancelled", async () => {
    const done: string[] = [];
    systemClock.after(0, () => done.push("cancelled")).cancel();
    await new Promise<void>((resolve) => {
      systemClock.after(0, () => {
        done.push("called");
        resolve();
      });
      process.nextTick(() => done.push("before"));
    });
    expect(done).toEqual(["before", "called"]);
  });
});

describe("sleeping", () => {
  test("ends after its time", async () => {
    const clock = createManualClock();
    let awake = false;
    const asleep = clock.sleep(100).then(() => {
      awake = true;
    });
    await clock.advance(99);
    expect(awake).toBe(false);
    await clock.advance(1);
    expect(awake).toBe(true);
    await asleep;
  });

  test("is broken off by its signal at once, and leaves no timer", async () => {
    const clock = createManualClock();
    const abort = new AbortController();
    const asleep = clock.sleep(100, abort.signal);
    abort.abort();
    await expect(asleep).rejects.toMatchObject({ name: "AbortError" });
    expect(clock.pending()).toBe(0);
  });

  test("does not begin when its signal has aborted before", async () => {
    const clock = createManualClock();
    await expect(clock.sleep(0, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
    expect(clock.pending()).toBe(0);
  });

  test("does not mind an abort that comes after its end", async () => {
    const clock = createManualClock();
    const abort = new AbortController();
    const asleep = clock.sleep(100, abort.signal);
    await clock.advance(100);
    abort.abort();
    await expect(asleep).resolves.toBeUndefined();
  });
});

describe("waiting for work", () => {
  test("gives what the work gives, and leaves no timer", async () => {
    const clock = createManualClock();
    await expect(within(clock, 100, "work", Promise.resolve(7))).resolves.toBe(7);
    await expect(within(clock, 100, "work", Promise.reject(new Error("own")))).rejects.toThrow("own");
    expect(clock.pending()).toBe(0);
  });

  test("ends in an error when it takes too long, and swallows what the work throws later", async () => {
    const clock = createManualClock();
    let fail = (): void => {};
    const work = new Promise<never>((_, reject) => {
      fail = () => reject(new Error("late"));
    });
    const waited = within(clock, 100, "stopping", work);
    const outcome = expect(waited).rejects.toMatchObject({
      code: "time.out",
      kind: "transient",
      message: "stopping took longer than 100 ms",
    });
    await clock.advance(100);
    await outcome;
    fail();
    await clock.settle();
  });
});

describe("the box's own clock", () => {
  test("goes on, calls once after a while, and not when cancelled", async () => {
    const before = systemClock.now();
    const calls: string[] = [];
    const cancelled = systemClock.after(0, () => calls.push("cancelled"));
    cancelled.cancel();
    await new Promise<void>((resolve) => {
      systemClock.after(1, () => {
        calls.push("called");
        resolve();
      });
    });
    await systemClock.sleep(1);
    const after = systemClock.now();
    expect(calls).toEqual(["called"]);
    expect(after.monotonicMs).toBeGreaterThan(before.monotonicMs);
    expect(after.wallMs).toBeGreaterThan(Date.parse("2020-01-01"));
  });

  test("writes wall times as the ledger does", () => {
    expect(isoTime(Date.parse("2026-07-01T14:03:22.123+08:00"))).toBe("2026-07-01T06:03:22.123Z");
  });
});
