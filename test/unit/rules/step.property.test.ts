import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Effect } from "../../../src/core/alarm.ts";
import { isWithin } from "../../../src/core/schedule.ts";
import type { Rule } from "../../../src/core/site.ts";
import { IDLE, type RuleState } from "../../../src/rules/rule-state.ts";
import { step } from "../../../src/rules/step.ts";
import { buttonRule, context, levelRule, observation, personRule, START_WALL_MS } from "./rule-samples.ts";

const season = fc.constantFrom(
  undefined,
  { from: 701, to: 831 },
  { from: 615, to: 701 },
  { from: 1201, to: 301 },
);
const schedule = fc.record({
  season,
  days: fc.subarray([1, 2, 3, 4, 5, 6, 7], { minLength: 1 }),
  fromMinute: fc.integer({ min: 0, max: 1440 }),
  toMinute: fc.integer({ min: 0, max: 1440 }),
});
const escalate = fc
  .array(fc.integer({ min: 0, max: 90 }), { maxLength: 3 })
  .map((seconds) =>
    seconds
      .sort((a, b) => a - b)
      .map((afterSeconds) => ({ afterSeconds, text: "步", speakers: ["pond"], repeat: 1, volume: 100 })),
  );
const when = fc.oneof(
  fc.integer({ min: 0, max: 20 }).map((dwellSeconds) => ({ ...personRule.when, dwellSeconds })),
  fc.integer({ min: 0, max: 60 }).map((holdSeconds) => ({ ...levelRule.when, holdSeconds })),
  fc.constant(buttonRule.when),
  fc
    .integer({ min: 2, max: 3 })
    .map((people) => ({ ...personRule.when, kind: "group", people, dwellSeconds: 2 })),
  fc.constant({ kind: "passage", camera: "pond-east", from: "field", to: "bank", withinSeconds: 20 }),
  fc.constant({ kind: "line", camera: "pond-east", line: "gate", direction: "both" }),
  fc.constant({
    ...{ kind: "vanished", camera: "pond-east", zone: "bank" },
    ...{ stoodSeconds: 5, goneSeconds: 15, lyingSeconds: 10 },
  }),
) as fc.Arbitrary<Rule["when"]>;
const rule: fc.Arbitrary<Rule> = fc
  .record({
    when,
    escalate,
    cooldownSeconds: fc.integer({ min: 0, max: 120 }),
    trackCooldownSeconds: fc.integer({ min: 0, max: 120 }),
    schedule: fc.oneof(
      { weight: 3, arbitrary: fc.constant(personRule.schedule) },
      { weight: 1, arbitrary: schedule },
    ),
  })
  .map((change) => ({ ...personRule, ...change }));

const word = fc.constantFrom(
  ...["person", "nobody", "person elsewhere", "pressed", "released", "another button"],
  ...["bank: 1", "bank: 1 2?", "bank: 2 3 4", "field: 1 2", "crossed in: 1", "crossed out: 2"],
  ...["all: 1@bank", "all: 2@bank 3@far", "all:"],
  ...["3.4 m", "3.1 m", "2.5 m", "no value", "camera lost", "tick", "acknowledge", "clear"],
);
/** Milliseconds until it happens, and what. */
const story = fc.array(fc.tuple(fc.integer({ min: 1, max: 30_000 }), word), { maxLength: 60 });

interface Told {
  readonly atMs: number;
  readonly effect: Effect;
}

/** Lives through a story as the rule book would: with a tick whenever the rule asked for one. */
function live(what: Rule, steps: readonly (readonly [number, string])[], clockSynced = true) {
  const told: Told[] = [];
  const wakes: { readonly atMs: number; readonly wakeMs: number | null }[] = [];
  let state: RuleState = IDLE;
  let nowMs = 0;
  let wakeMs: number | null = null;
  let count = 0;

  function run(input: string): void {
    const alarm = state.alarm?.id ?? "none";
    const seconds = nowMs / 1000;
    const given =
      input === "tick"
        ? ({ kind: "tick" } as const)
        : input === "acknowledge" || input === "clear"
          ? ({ kind: input, alarm } as const)
          : ({ kind: "observation", observation: observation(input, seconds) } as const);
    const now = { wallMs: START_WALL_MS + nowMs, monotonicMs: nowMs };
    const change = { now, clockSynced, newAlarmId: `alarm ${++count}` };
    const result = step(what, state, given, context(seconds, change));
    if (input === "clear" && state.alarm) {
      told.push({ atMs: nowMs, effect: { kind: "clear", alarm, at: now } });
    }
    state = result.state;
    wakeMs = result.wakeMs;
    wakes.push({ atMs: nowMs, wakeMs });
    for (const effect of result.effects) told.push({ atMs: nowMs, effect });
  }

  for (const [waitMs, input] of steps) {
    const endMs = nowMs + waitMs;
    while (wakeMs !== null && wakeMs <= endMs) {
      if (wakeMs <= nowMs) throw new Error(`asked at ${nowMs} for a tick at ${wakeMs}`);
      nowMs = wakeMs;
      run("tick");
    }
    nowMs = endMs;
    run(input);
  }
  return { told, wakes, state };
}

const raises = (told: readonly Told[]): Told[] => told.filter(({ effect }) => effect.kind === "raise");

describe("whatever a rule sees in whatever order", () => {
  test("it has at most one alarm open, ends only that one, and escalates only that one", () => {
    fc.assert(
      fc.property(rule, story, (what, steps) => {
        let open: string | undefined;
        for (const { effect } of live(what, steps).told) {
          if (effect.kind === "raise") {
            expect(open).toBeUndefined();
            open = effect.alarm.id;
          } else if (effect.kind === "clear") {
            expect(effect.alarm).toBe(open);
            open = undefined;
          } else if (effect.kind === "escalate") {
            expect(effect.alarm).toBe(open);
          }
        }
      }),
    );
  });

  test("it never raises within the cool-down", () => {
    fc.assert(
      fc.property(rule, story, (what, steps) => {
        const times = raises(live(what, steps).told).map(({ atMs }) => atMs);
        times.slice(1).forEach((atMs, index) => {
          expect(atMs - (times[index] ?? 0)).toBeGreaterThanOrEqual(what.cooldownSeconds * 1000 - 1e-6);
        });
      }),
    );
  });

  test("every alarm of water or people ends once that is over", () => {
    fc.assert(
      fc.property(rule, story, (what, steps) => {
        const isByLevel = what.when.kind === "level";
        fc.pre(isByLevel || ["person", "group", "passage"].includes(what.when.kind));
        const over = isByLevel ? "2.5 m" : "nobody";
        const { told, state } = live(what, [...steps, [1, over]]);
        expect(state.alarm).toBeNull();
        expect(told.filter(({ effect }) => effect.kind === "clear")).toHaveLength(raises(told).length);
      }),
    );
  });

  test("a person of whom nothing more is seen leaves no alarm behind, without any further input", () => {
    fc.assert(
      fc.property(rule, story, (what, steps) => {
        fc.pre(["person", "group", "passage"].includes(what.when.kind));
        // Only the rule's own ticks come in this last while.
        const { state } = live(what, [...steps, [10_000, "person elsewhere"]]);
        expect(state.alarm).toBeNull();
      }),
    );
  });

  test("the tick it asks for lies always ahead, and ticks come to an end when nothing holds", () => {
    fc.assert(
      fc.property(rule, story, (what, steps) => {
        for (const { atMs, wakeMs } of live(what, steps).wakes) {
          if (wakeMs !== null) expect(wakeMs).toBeGreaterThan(atMs);
        }
      }),
    );
  });

  test("steps of escalation come in order, each once, none after an acknowledgement", () => {
    fc.assert(
      fc.property(rule, story, (what, steps) => {
        const taken = new Map<string, number>();
        for (const { effect } of live(what, steps).told) {
          if (effect.kind !== "escalate") continue;
          expect(effect.step).toBe((taken.get(effect.alarm) ?? 0) + 1);
          expect(effect.step).toBeLessThanOrEqual(what.escalate.length);
          taken.set(effect.alarm, effect.step);
        }
        const ended = live(what, [...steps, [1, "acknowledge"], [90_000, "tick"]]);
        const after = ended.told.filter(({ atMs }) => atMs > lastMs(steps) + 1);
        const raisedAfter = after.some(({ effect }) => effect.kind === "raise");
        if (!raisedAfter) expect(after.filter(({ effect }) => effect.kind === "escalate")).toEqual([]);
      }),
    );
  });

  test("the voice comes before the record of the alarm", () => {
    fc.assert(
      fc.property(rule, story, (what, steps) => {
        const { told } = live(what, steps);
        told.forEach(({ effect }, index) => {
          if (effect.kind === "raise")
            expect(told[index - 1]?.effect).toMatchObject({ kind: "say", text: "水边危险" });
        });
      }),
    );
  });

  test("it raises only within its schedule, and at any hour when the clock may be wrong", () => {
    fc.assert(
      fc.property(rule, schedule, story, (what, hours, steps) => {
        for (const { effect } of raises(live({ ...what, schedule: hours }, steps).told)) {
          if (effect.kind === "raise") {
            expect(isWithin(hours, effect.at.wallMs, "Asia/Shanghai")).toBe(true);
          }
        }
      }),
    );
  });

  test("what it switched on it switches off with the alarm, or when somebody acknowledges", () => {
    fc.assert(
      fc.property(rule, story, (what, steps) => {
        const sounding: Rule = { ...what, switchOn: [{ switches: ["siren"], forSeconds: 20 }] };
        const on = new Set<string>();
        const { told, state } = live(sounding, steps);
        for (const { effect } of told) {
          if (effect.kind === "switch-on") on.add(effect.alarm);
          if (effect.kind === "switch-off") on.delete(effect.alarm);
        }
        const { alarm } = state;
        expect([...on]).toEqual(alarm && !alarm.acknowledged ? [alarm.id] : []);
      }),
    );
  });

  test("the same story has the same end", () => {
    fc.assert(
      fc.property(rule, story, fc.boolean(), (what, steps, synced) => {
        expect(live(what, steps, synced)).toEqual(live(what, steps, synced));
      }),
      { numRuns: 20 },
    );
  });
});

function lastMs(steps: readonly (readonly [number, string])[]): number {
  return steps.reduce((sum, [waitMs]) => sum + waitMs, 0);
}
