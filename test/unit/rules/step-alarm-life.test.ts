import { describe, expect, test } from "vitest";
import type { Rule } from "../../../src/core/site.ts";
import { IDLE, type RuleState } from "../../../src/rules/rule-state.ts";
import { step } from "../../../src/rules/step.ts";
import { ALWAYS, buttonRule, context, levelRule, observation, personRule } from "./rule-samples.ts";
import { expectStory, inputOf } from "./rule-story.ts";

describe("a person's clearing", () => {
  test("while the condition holds raises nothing new until it ended once", () => {
    expectStory(personRule, [
      [0, "person", "say 水边危险", "raise alarm@0"],
      [3, "clear alarm@0"],
      [4, "person"],
      [8, "person"],
      [12, "person"],
      [16, "person"],
      [20, "person"],
      [24, "person"],
      [28, "person"],
      [31, "person"],
      [33, "nobody"],
      [35, "person", "say 水边危险", "raise alarm@35"],
    ]);
    expectStory(buttonRule, [
      [0, "pressed", "raise alarm@0"],
      [3, "clear alarm@0"],
      [60, "pressed"],
      [61, "released"],
      [62, "pressed", "raise alarm@62"],
    ]);
  });

  test("of a level holds while the water swings between the thresholds", () => {
    expectStory(levelRule, [
      [0, "3.3 m"],
      [60, "tick", "raise alarm@60"],
      [70, "clear alarm@60"],
      [80, "3.1 m"],
      [90, "3.3 m"],
      [200, "3.3 m"],
      [210, "2.9 m"],
      [220, "3.3 m"],
      [280, "tick", "raise alarm@280"],
    ]);
  });

  test("or acknowledgement of some other alarm changes nothing", () => {
    const before = expectStory(personRule, [[0, "person", "say 水边危险", "raise alarm@0"]]);
    const after = expectStory(
      personRule,
      [
        [1, "clear alarm@9"],
        [2, "acknowledge alarm@9"],
      ],
      { before },
    );
    expect(after).toEqual(before);
  });

  test("does not shorten the cool-down", () => {
    expectStory(personRule, [
      [0, "person", "say 水边危险", "raise alarm@0"],
      [3, "clear alarm@0"],
      [5, "nobody"],
      [10, "person"],
      [14, "person"],
      [18, "person"],
      [22, "person"],
      [26, "person"],
      [30, "person", "say 水边危险", "raise alarm@30"],
    ]);
  });
});

describe("an alarm of an earlier run", () => {
  const carried = (acknowledged: boolean): RuleState => ({
    ...IDLE,
    alarm: { id: "old", raisedMs: 0, steps: Number.MAX_SAFE_INTEGER, acknowledged },
  });

  test("is over when that is seen, not because nothing was seen yet", () => {
    expectStory(
      personRule,
      [
        [0, "tick"],
        [60, "tick"],
        [61, "nobody", "clear old"],
      ],
      {
        before: carried(false),
      },
    );
    expectStory(
      levelRule,
      [
        [0, "no value"],
        [1, "3.1 m"],
        [2, "2.9 m", "clear old"],
      ],
      {
        before: carried(false),
      },
    );
  });

  test("goes on while the condition does, without being raised or escalated again", () => {
    expectStory(
      { ...levelRule, escalate: personRule.escalate },
      [
        [0, "3.4 m"],
        [100, "3.4 m"],
        [200, "2.9 m", "clear old"],
      ],
      { before: carried(false) },
    );
  });

  test("does not make an acknowledged button deaf", () => {
    expectStory(
      buttonRule,
      [
        [0, "released"],
        [5, "pressed", "clear old", "raise alarm@5"],
      ],
      { before: carried(true) },
    );
  });
});

describe("the schedule", () => {
  /** 14:00 to 14:01 local time: the first minute of the samples. */
  const schedule = { ...ALWAYS, fromMinute: 14 * 60, toMinute: 14 * 60 + 1 };
  const rule: Rule = { ...levelRule, when: { ...levelRule.when, holdSeconds: 0 } as Rule["when"], schedule };

  test("holds back a raise until it begins", () => {
    expectStory(rule, [
      [-100, "3.4 m"],
      [-1, "tick"],
      [0, "tick", "raise alarm@0"],
    ]);
  });

  test("does not end an alarm that is open", () => {
    expectStory(rule, [
      [10, "3.4 m", "raise alarm@10"],
      [600, "3.4 m"],
      [700, "2 m", "clear alarm@10"],
      [800, "3.4 m"],
    ]);
  });

  test("cannot be kept with a clock that may be wrong: then every hour counts", () => {
    expectStory(rule, [[7200, "3.4 m", "raise alarm@7200"]], { context: { clockSynced: false } });
  });

  test("is looked at again each minute while it holds a raise back", () => {
    const result = step(rule, IDLE, inputOf("3.4 m", 600), context(600));
    expect(result.wakeMs).toBe(660_000);
  });
});

describe("the next tick", () => {
  test.each<[string, Rule, string, number | null]>([
    ["is none while nothing holds", personRule, "nobody", null],
    ["is when a person would count as gone", { ...personRule, escalate: [] }, "person", 5000],
    ["is when the hold is over", levelRule, "3.4 m", 60_000],
    ["is when the first step of escalation is due", buttonRule, "pressed", 20_000],
    ["is none when nothing more can come", { ...buttonRule, escalate: [] }, "pressed", null],
  ])("%s", (_, rule, seen, expected) => {
    expect(step(rule, IDLE, inputOf(seen, 0), context(0)).wakeMs).toBe(expected);
  });

  test("is when the cool-down ends", () => {
    const rule = { ...buttonRule, escalate: [] };
    const before = expectStory(rule, [
      [0, "pressed", "raise alarm@0"],
      [1, "clear alarm@0"],
      [2, "released"],
    ]);
    expect(step(rule, before, inputOf("pressed", 3), context(3)).wakeMs).toBe(30_000);
  });
});

test("the alarm carries what the rule says of it and the newest sight of what broke it", () => {
  const rule: Rule = { ...personRule, when: { ...personRule.when, dwellSeconds: 1 } as Rule["when"] };
  const before = expectStory(rule, [[0, "person"]]);
  const { effects } = step(rule, before, inputOf("person", 1), context(1));
  expect(effects).toEqual([
    {
      kind: "say",
      rule: "pond-bank",
      alarm: "alarm@1",
      text: "水边危险",
      speakers: ["pond"],
      repeat: 2,
      volume: 80,
    },
    {
      kind: "raise",
      at: context(1).now,
      alarm: {
        id: "alarm@1",
        rule: "pond-bank",
        severity: "warning",
        evidence: { camera: "pond-east" },
        because: observation("person", 1),
      },
    },
  ]);
});
