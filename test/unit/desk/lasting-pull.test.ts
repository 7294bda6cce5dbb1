import { describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { type Logger, silentLogger } from "../../../src/core/log.ts";
import type { BoxView, PullRun } from "../../../src/core/pull-view.ts";
import { createSignal } from "../../../src/core/signals.ts";
import { createLastingPull } from "../../../src/desk/lasting-pull.ts";
import { createManualClock } from "../../support/manual-clock.ts";

function setUp() {
  const clock = createManualClock();
  const stopping = new AbortController();
  const runs: { fail(code: string): void; came(): void; told(view: Partial<BoxView>): void }[] = [];
  const warned: object[] = [];
  const log: Logger = { ...silentLogger, warn: (fields) => warned.push(fields) };
  let changes = 0;
  const pull = createLastingPull({
    open(): PullRun {
      const views = createSignal<BoxView>();
      return {
        changes: views,
        views: () => [],
        wake: () => undefined,
        run: (signal) =>
          new Promise((resolve, reject) => {
            signal.addEventListener("abort", () => resolve());
            runs.push({
              fail: (code) => reject(new GatewayError("no", { code, kind: "permanent" })),
              came: () => views.emit({ events: 1 } as BoxView),
              told: (view) => views.emit({ box: "longwan", events: 0, ...view } as BoxView),
            });
          }),
      };
    },
    onView: () => undefined,
    onChange: () => changes++,
    clock,
    log,
  });
  return { clock, stopping, runs, pull, warned, ended: pull.run(stopping.signal), changes: () => changes };
}

describe("a desk that pulls", () => {
  test("waits where its disk is full, says so, and goes on by itself once there is room", async () => {
    const { clock, stopping, runs, pull, ended, changes } = setUp();
    runs.at(-1)?.fail("copy.full");
    await clock.settle();
    expect([pull.isFull(), changes()]).toEqual([true, 1]);
    await clock.advance(30_000);
    expect(runs).toHaveLength(2);
    runs.at(-1)?.came();
    expect(pull.isFull()).toBe(true);
    await clock.advance(30_001);
    runs.at(-1)?.came();
    expect([pull.isFull(), changes()]).toEqual([false, 2]);
    stopping.abort();
    await ended;
  });

  test("ends where its copy cannot be written for another reason", async () => {
    const { runs, pull, ended } = setUp();
    runs.at(-1)?.fail("copy.unwritable");
    await expect(ended).rejects.toMatchObject({ code: "copy.unwritable" });
    expect(pull.isFull()).toBe(false);
  });

  test("writes down once why nothing comes of a box, in words that nobody at the page sees", async () => {
    const { stopping, runs, ended, warned } = setUp();
    const resting = { phase: "resting", reason: "box.bad_answer", detail: "x".repeat(1000) } as const;
    for (const phase of ["events", "resting", "events", "resting"] as const)
      runs.at(-1)?.told(phase === "resting" ? resting : { phase });
    const line = { box: "longwan", code: "box.bad_answer", detail: "x".repeat(300) };
    expect(warned).toEqual([line]);
    runs.at(-1)?.told({ phase: "listening" });
    runs.at(-1)?.told(resting);
    expect(warned).toEqual([line, line]);
    stopping.abort();
    await ended;
  });

  test("ends at once while it waits for room", async () => {
    const { clock, stopping, runs, ended } = setUp();
    runs.at(-1)?.fail("copy.full");
    await clock.settle();
    stopping.abort();
    await ended;
    expect(runs).toHaveLength(1);
  });
});
