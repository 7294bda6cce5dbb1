import { describe, expect, test } from "vitest";
import { createSignal } from "../../../src/core/signals.ts";
import { createOncePerChange } from "../../../src/panel/once-per-change.ts";
import { createManualClock } from "../../support/manual-clock.ts";

function setUp() {
  const clock = createManualClock();
  const changes = createSignal<void>();
  let made = 0;
  const shared = createOncePerChange(clock, changes.on, () => ++made);
  return { clock, changes, shared };
}

describe("what all open pages are told", () => {
  test("is made once for all who are told of one change", () => {
    const { shared } = setUp();
    expect([shared(), shared(), shared()]).toEqual([1, 1, 1]);
  });

  test("is made anew at the next change, however soon it comes", () => {
    const { shared, changes } = setUp();
    shared();
    changes.emit();
    expect(shared()).toBe(2);
  });

  test("is made anew for whoever comes later without a change", async () => {
    const { shared, clock } = setUp();
    shared();
    await clock.advance(101);
    expect(shared()).toBe(2);
  });
});
