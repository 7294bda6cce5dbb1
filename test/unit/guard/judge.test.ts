import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createJudge, LOOK_MS, type Seen } from "../../../src/guard/judge.ts";
import type { Beat } from "../../../src/guard/signs.ts";

const run = { boot: "b", pid: 7, startTicks: "70" };
const beat = (change: Partial<Beat> = {}): Beat => ({
  run,
  start: 1,
  state: "running",
  beat: 1,
  on: {},
  unsure: [],
  ...change,
});
const seen = (change: Partial<Beat> = {}, more: Partial<Seen> = {}): Seen => ({
  beat: beat(change),
  isAlive: true,
  maxOnMs: { pond: 60_000 },
  isOwed: false,
  ...more,
});

/** Looks every 200 ms at what `at` shows, and tells when the judge wants something done for the first time. */
function firstLoss(untilMs: number, at: (nowMs: number) => Seen, lookMs = LOOK_MS) {
  const judge = createJudge();
  for (let nowMs = 0; nowMs <= untilMs; nowMs += lookMs) {
    const why = judge(at(nowMs), nowMs);
    if (why) return { why, nowMs };
  }
  return undefined;
}
const beating = (nowMs: number): { beat: number } => ({ beat: nowMs });

describe("the guard judges", () => {
  test.each<[string, Seen, ReturnType<ReturnType<typeof createJudge>>]>([
    ["a gateway that beats", seen(), undefined],
    ["one that ended while it ran", seen({}, { isAlive: false }), "ended"],
    ["one that ended while it started", seen({ state: "starting" }, { isAlive: false }), "ended"],
    ["one that ended on its way to a stop", seen({ state: "stopping" }, { isAlive: false }), "ended"],
    ["one that has stopped as it should", seen({ state: "stopped" }, { isAlive: false }), undefined],
  ])("%s", (_what, look, expected) => {
    expect(createJudge()(look, 0)).toBe(expected);
  });

  test("a silent gateway lost after 2.5 s while an output is on, so that 5 s hold", () => {
    expect(firstLoss(20_000, () => seen({ on: { pond: 1 } }))).toEqual({ why: "hung", nowMs: 2600 });
  });

  test("a relay that did not take the order to go off like one that is on", () => {
    expect(firstLoss(20_000, () => seen({ unsure: ["pond"] }))?.nowMs).toBe(2600);
  });

  test("a silent gateway with everything off with patience, but before systemd's watchdog", () => {
    expect(firstLoss(20_000, () => seen())).toEqual({ why: "hung", nowMs: 15_000 });
  });

  test("a gateway that hangs in its start strictly where outputs of an earlier run are owed", () => {
    expect(firstLoss(20_000, () => seen({ state: "starting" }, { isOwed: true }))?.nowMs).toBe(2600);
  });

  test("nothing by time in which it stood still itself", () => {
    const judge = createJudge();
    const hanging = seen({ on: { pond: 1 } });
    expect(judge(hanging, 0)).toBeUndefined();
    // A machine that was stopped for a minute: the gateway was stopped with us.
    expect(judge(hanging, 60_000)).toBeUndefined();
    expect(judge(seen({ on: { pond: 1 }, beat: 2 }), 60_200)).toBeUndefined();
  });

  test("an output on for longer than it may be, and 2 s", () => {
    const at = (nowMs: number): Seen => seen({ on: { pond: 1 }, ...beating(nowMs) });
    expect(firstLoss(100_000, at)).toEqual({ why: "overrun", nowMs: 62_200 });
  });

  test("each order by itself, also where nobody saw the output go off in between", () => {
    const at = (nowMs: number): Seen => seen({ on: { pond: Math.floor(nowMs / 50_000) }, ...beating(nowMs) });
    expect(firstLoss(300_000, at)).toBeUndefined();
  });

  test("no gateway that beats and keeps its limits, whenever it is looked at", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 60 }), (gapsMs) => {
        const judge = createJudge();
        let nowMs = 0;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          const order = Math.floor(nowMs / 40_000);
          expect(judge(seen({ on: { pond: order }, beat: nowMs }), nowMs)).toBeUndefined();
        }
      }),
    );
  });
});
