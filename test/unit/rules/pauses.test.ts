import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Pause } from "../../../src/core/pause.ts";
import type { Rule } from "../../../src/core/site.ts";
import { judgePause, rulesOf, settle } from "../../../src/rules/pauses.ts";
import { buttonRule, levelRule, personRule, START_WALL_MS } from "./rule-samples.ts";

const HOUR_MS = 3_600_000;

function pause(change: Partial<Pause> = {}): Pause {
  return {
    id: "p",
    target: { kind: "rule", rule: "pond-bank" },
    fromMs: START_WALL_MS,
    durationMs: HOUR_MS,
    clock: "synced",
    by: { kind: "person", name: "admin" },
    reason: "有人洗衣",
    withheld: 0,
    ...change,
  };
}

const minutes = (count: number): number => count * 60_000;

describe("how much of a pause is left", () => {
  // begun: the minute on this run's clock at which it began, null when an earlier run began it.
  test.each([
    ["in the middle of it", { begun: 0, at: 20, wall: 20 }, "paused 40"],
    ["at its end", { begun: 0, at: 60, wall: 60 }, "over time"],
    ["the clock was set back: not longer", { begun: 0, at: 60, wall: -500 }, "over time"],
    ["the clock was set forward past the end", { begun: 0, at: 5, wall: 90 }, "over time"],
    [
      "the clock was set forward, and is not trusted",
      { begun: 0, at: 5, wall: 90, synced: false },
      "paused 55",
    ],
    [
      "begun by a clock that was wrong, which is right now",
      { begun: 0, at: 5, wall: 9e6, clock: "unsynced" },
      "paused 55",
    ],
    ["after a restart, by a clock that is right", { begun: null, at: 1, wall: 30 }, "paused 30"],
    ["after a restart that took longer than it", { begun: null, at: 1, wall: 61 }, "over time"],
    [
      "after a restart, the clock not known: armed",
      { begun: null, at: 1, wall: 30, synced: false },
      "waiting 59",
    ],
    [
      "after a restart, the clock not known for its whole length",
      { begun: null, at: 60, wall: 30, synced: false },
      "over time",
    ],
    [
      "after a restart, begun by a clock nobody knew",
      { begun: null, at: 1, wall: 30, clock: "unsynced" },
      "over clock",
    ],
    ["after a restart, before its own beginning", { begun: null, at: 1, wall: -1 }, "over clock"],
  ] as const)("%s", (_name, given, expected) => {
    const {
      begun,
      at,
      wall,
      synced = true,
      clock = "synced",
    } = given as typeof given & {
      synced?: boolean;
      clock?: "synced" | "unsynced";
    };
    const standing = {
      pause: pause({ clock }),
      begunMs: begun === null ? null : minutes(begun),
      knownMs: 0,
    };
    const now = { monotonicMs: minutes(at), wallMs: START_WALL_MS + minutes(wall) };
    const judgement = judgePause(standing, now, synced);
    expect(
      judgement.state === "over"
        ? `over ${judgement.why}`
        : `${judgement.state} ${Math.round(judgement.leftMs / 60_000)}`,
    ).toBe(expected);
  });

  test("whatever the clock shows, a pause keeps its rules quiet for no longer than its length, and does not come back", () => {
    const look = fc.record({
      afterMs: fc.integer({ min: 0, max: HOUR_MS }),
      jumpMs: fc.integer({ min: -10 * HOUR_MS, max: 10 * HOUR_MS }),
      synced: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.constantFrom("synced" as const, "unsynced" as const),
        fc.boolean(),
        fc.array(look, { minLength: 1, maxLength: 20 }),
        (clock, isCarried, looks) => {
          let standing = { pause: pause({ clock }), begunMs: isCarried ? null : 0, knownMs: 0 } as Parameters<
            typeof settle
          >[0];
          let monotonicMs = 0;
          let wallMs = START_WALL_MS;
          let firstPausedMs: number | undefined;
          for (const { afterMs, jumpMs, synced } of looks) {
            monotonicMs += afterMs;
            wallMs += afterMs + jumpMs;
            const now = { monotonicMs, wallMs };
            standing = settle(standing, now, synced);
            const judgement = judgePause(standing, now, synced);
            // What is over is dropped by who holds it.
            if (judgement.state === "over") return;
            if (judgement.state === "paused") {
              firstPausedMs ??= monotonicMs;
              expect(monotonicMs - firstPausedMs).toBeLessThan(HOUR_MS);
              expect(judgement.leftMs).toBeLessThanOrEqual(HOUR_MS - (monotonicMs - firstPausedMs));
            }
          }
        },
      ),
    );
  });
});

describe("what a pause keeps from acting", () => {
  const grave: Rule = {
    ...personRule,
    id: "grave",
    alarm: { severity: "emergency", evidence: { camera: "pond-east" } },
  };
  const other: Rule = {
    ...personRule,
    id: "other",
    when: { kind: "person", camera: "pond-west", zone: "bank", dwellSeconds: 0 },
  };
  const rules = [personRule, grave, other, levelRule, buttonRule];
  const bank = { kind: "zone", camera: "pond-east", zone: "bank" } as const;

  test.each([
    ["a rule: that one", { kind: "rule", rule: "pond-high" }, ["pond-high"]],
    ["an emergency by its own name", { kind: "rule", rule: "grave" }, ["grave"]],
    ["a zone: those that watch it, never an emergency", bank, ["pond-bank"]],
    ["a zone that nothing watches", { ...bank, zone: "field" }, []],
  ] as const)("%s", (_name, target, expected) => {
    expect(rulesOf(target, rules).map(({ id }) => id)).toEqual(expected);
  });
});
