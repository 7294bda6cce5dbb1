import { describe, expect, test } from "vitest";
import type { Rule } from "../../../src/core/site.ts";
import { createRuleBook } from "../../../src/rules/rule-book.ts";
import { IDLE, type RuleState } from "../../../src/rules/rule-state.ts";
import { rearm, step } from "../../../src/rules/step.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import {
  buttonRule,
  context,
  inWords,
  levelRule,
  observation,
  personRule,
  START_WALL_MS,
} from "./rule-samples.ts";
import { expectStory, inputOf, type Row } from "./rule-story.ts";

const quiet: Rule = { ...personRule, escalate: [], cooldownSeconds: 0 };
const person = (change: Partial<Rule> = {}): Rule => ({ ...quiet, ...change });
const dwelling = person({ when: { kind: "person", camera: "pond-east", zone: "bank", dwellSeconds: 3 } });
const line = person({
  when: { kind: "line", camera: "pond-east", line: "gate", direction: "in" },
  trackCooldownSeconds: 600,
});
const missing = person({
  when: {
    ...{ kind: "vanished", camera: "pond-east", zone: "bank" },
    ...{ stoodSeconds: 2, goneSeconds: 5, lyingSeconds: 3 },
  } as Rule["when"],
});

describe("a rule that is armed again", () => {
  // What came before the pause, what is seen after it, and what the rule then does.
  test.each<[string, Rule, Row[], string, string[]]>([
    [
      "speaks to who was seen to before and is still there",
      quiet,
      [
        [0, "bank: 1", "say 水边危险", "raise alarm@0"],
        [1, "acknowledge alarm@0"],
        [2, "clear alarm@0"],
        [3, "bank: 1"],
      ],
      "bank: 1",
      ["say 水边危险", "raise alarm@4"],
    ],
    [
      "has forgotten who raised an alarm a short while ago: its voice alone is not enough",
      person({ trackCooldownSeconds: 600 }),
      [
        [0, "bank: 1", "say 水边危险", "raise alarm@0"],
        [1, "clear alarm@0"],
        [2, "bank:"],
      ],
      "bank: 1",
      ["say 水边危险", "raise alarm@4"],
    ],
    [
      "keeps how long somebody has been there",
      dwelling,
      [
        [1, "bank: 1"],
        [2, "bank: 1"],
      ],
      "bank: 1",
      ["say 水边危险", "raise alarm@4"],
    ],
    [
      "takes who crosses again for another",
      line,
      [
        [0, "crossed in: 7", "say 水边危险", "raise alarm@0"],
        [1, "clear alarm@0"],
      ],
      "crossed in: 7",
      ["say 水边危险", "raise alarm@4"],
    ],
    [
      "asks again about who lies there still",
      missing,
      [
        [-8, "all: 1@bank"],
        [-5, "all: 1@bank"],
        [-4, "all: 1flat@bank"],
        [-1, "all: 1flat@bank", "say 水边危险", "ask whether lying: alarm@-1"],
        [1, "clear alarm@-1"],
        [2, "all: 1flat@bank"],
      ],
      "all: 1flat@bank",
      ["say 水边危险", "ask whether lying: alarm@4"],
    ],
    [
      "raises nothing where nobody is",
      quiet,
      [
        [0, "bank: 1", "say 水边危险", "raise alarm@0"],
        [1, "clear alarm@0"],
      ],
      "bank:",
      [],
    ],
  ])("%s", (_, rule, rows, seen, expected) => {
    const before = expectStory(rule, rows);
    const after = step(rule, rearm(before), inputOf(seen, 4), context(4));
    expect(after.effects.map(inWords)).toEqual(expected);
  });

  test("begins the hold of a level anew, though a person has seen to it", () => {
    const before = expectStory({ ...levelRule, cooldownSeconds: 0 }, [
      [0, "3.4 m"],
      [60, "tick", "raise alarm@60"],
      [61, "clear alarm@60"],
    ]);
    const { effects, wakeMs } = step(levelRule, rearm(before), inputOf("3.4 m", 70), context(70));
    expect(effects).toEqual([]);
    expect(wakeMs).toBe(130_000);
  });

  test("has nothing to forget before anything happened", () => {
    expect(rearm(IDLE)).toEqual(IDLE satisfies RuleState);
  });
});

describe("the rule book arms a rule again", () => {
  function createRig(rules: readonly Rule[]) {
    const clock = createManualClock(START_WALL_MS);
    const paused = new Set(rules.map(({ id }) => id));
    const told: string[] = [];
    const withheld: string[] = [];
    const book = createRuleBook(
      {
        clock,
        timezone: "Asia/Shanghai",
        isClockSynced: () => true,
        newAlarmId: () => "it",
        isPaused: (rule) => paused.has(rule),
      },
      rules,
      [],
    );
    book.effects.on((effect) => told.push(inWords(effect)));
    book.withheld.on((rule) => withheld.push(rule));
    const see = (word: string): void => book.observe(observation(word, clock.now().monotonicMs / 1000));
    return { clock, book, paused, told, withheld, see };
  }

  test("at once, without waiting for the next look: the pressed button is heard when the pause ends", () => {
    const { book, paused, told, see } = createRig([buttonRule]);
    see("pressed");
    expect(told).toEqual([]);
    paused.clear();
    book.rearm("sos");
    expect(told).toEqual(["raise it"]);
  });

  test("and counts what the next pause keeps back from its beginning", () => {
    const { book, paused, withheld, see } = createRig([person({ cooldownSeconds: 600 })]);
    see("bank: 1");
    see("bank: 1");
    see("bank:");
    expect(withheld).toEqual(["pond-bank"]);
    book.rearm("pond-bank");
    paused.add("pond-bank");
    see("bank: 2");
    expect(withheld).toEqual(["pond-bank", "pond-bank"]);
  });

  test("alone: others stay as they are, and a rule that is not there is nobody", () => {
    const { book, paused, told, see } = createRig([quiet, { ...quiet, id: "second" }]);
    see("bank: 1");
    paused.clear();
    book.rearm("second");
    book.rearm("taken out");
    expect(told).toEqual(["say 水边危险", "raise it"]);
  });
});
