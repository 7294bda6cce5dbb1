import { describe, expect, test } from "vitest";
import type { Rule } from "../../../src/core/site.ts";
import { IDLE, type RuleContext, type RuleInput, type RuleState, step } from "../../../src/rules/step.ts";
import { ALWAYS, buttonRule, context, inWords, levelRule, observation, personRule } from "./rule-samples.ts";

/** At second, input, expected effects. Inputs: what is seen, `tick`, `acknowledge <alarm>`, `clear <alarm>`. */
type Row = readonly [seconds: number, input: string, ...effects: string[]];

function inputOf(words: string, seconds: number): RuleInput {
  const [verb, alarm = ""] = words.split(" ");
  if (words === "tick") return { kind: "tick" };
  if (verb === "acknowledge" || verb === "clear") return { kind: verb, alarm };
  return { kind: "observation", observation: observation(words, seconds) };
}

/** Goes through the rows from idle (or `before`) and compares every row's effects at once. */
function expectStory(
  rule: Rule,
  rows: readonly Row[],
  options: { before?: RuleState; context?: Partial<RuleContext> } = {},
): RuleState {
  let state = options.before ?? IDLE;
  const found = rows.map(([seconds, words]): Row => {
    const result = step(rule, state, inputOf(words, seconds), context(seconds, options.context));
    state = result.state;
    return [seconds, words, ...result.effects.map(inWords)];
  });
  expect(found).toEqual(rows);
  return state;
}

describe("a person at the water", () => {
  test("is spoken to before anything is written down, once for one visit", () => {
    expectStory(personRule, [
      [0, "person", "say 水边危险", "raise alarm@0"],
      [1, "person"],
      [2, "person"],
      [5, "nobody", "clear alarm@0"],
    ]);
  });

  test("somewhere else, or another fault, is none of this rule's business", () => {
    expectStory(personRule, [
      [0, "person elsewhere"],
      [1, "person on another camera"],
      [2, "camera lost"],
      [3, "3.5 m"],
      [4, "pressed"],
      [5, "nobody"],
      [6, "tick"],
    ]);
  });

  test("must stay for the dwell without a break", () => {
    const rule: Rule = { ...personRule, when: { ...personRule.when, dwellSeconds: 3 } as Rule["when"] };
    expectStory(rule, [
      [0, "person"],
      [2, "person"],
      [2.5, "nobody"],
      [4, "person"],
      [6.9, "person"],
      [7, "tick", "say 水边危险", "raise alarm@7"],
    ]);
  });

  test("who comes again within the cool-down is spoken to when it is over, if still there", () => {
    expectStory(personRule, [
      [0, "person", "say 水边危险", "raise alarm@0"],
      [5, "nobody", "clear alarm@0"],
      [10, "person"],
      [12, "nobody"],
      [27, "person"],
      [29.9, "person"],
      [30, "tick", "say 水边危险", "raise alarm@30"],
    ]);
  });

  test("needs both: the dwell and the cool-down, whichever ends later", () => {
    const rule: Rule = { ...personRule, when: { ...personRule.when, dwellSeconds: 4 } as Rule["when"] };
    expectStory(rule, [
      [0, "person"],
      [4, "person", "say 水边危险", "raise alarm@4"],
      [5, "nobody", "clear alarm@4"],
      [32, "person"],
      [34, "person"],
      [35.9, "person"],
      [36, "person", "say 水边危险", "raise alarm@36"],
    ]);
  });

  test("of whom nothing more is seen for five seconds counts as gone", () => {
    expectStory(personRule, [
      [0, "person", "say 水边危险", "raise alarm@0"],
      [4.9, "tick"],
      [5, "tick", "clear alarm@0"],
      [6, "tick"],
    ]);
  });

  test("counts as gone in the very step of another input, too", () => {
    expectStory(personRule, [
      [0, "person", "say 水边危险", "raise alarm@0"],
      [5, "acknowledge alarm@0", "clear alarm@0"],
    ]);
    expectStory(personRule, [
      [0, "person", "say 水边危险", "raise alarm@0"],
      [5, "person elsewhere", "clear alarm@0"],
    ]);
  });
});

describe("escalation", () => {
  const stays = (from: number, to: number): Row[] =>
    Array.from({ length: to - from }, (_, index) => [from + index, "person"] as const);

  test("goes step by step while somebody stays and nobody acknowledges", () => {
    expectStory(personRule, [
      [0, "person", "say 水边危险", "raise alarm@0"],
      ...stays(1, 20),
      [20, "person", "escalate 1 of alarm@0", "say 马上离开"],
      ...stays(21, 60),
      [60, "tick", "escalate 2 of alarm@0", "say 已通知村干部"],
      ...stays(61, 120),
    ]);
  });

  test("ends with an acknowledgement", () => {
    expectStory(personRule, [
      [0, "person", "say 水边危险", "raise alarm@0"],
      ...stays(1, 10),
      [10, "acknowledge alarm@0"],
      ...stays(11, 90),
      [90, "nobody", "clear alarm@0"],
    ]);
  });

  test("is not for somebody who left and begins anew with the next alarm", () => {
    expectStory(personRule, [
      [0, "person", "say 水边危险", "raise alarm@0"],
      [10, "nobody", "clear alarm@0"],
      [28, "tick"],
      [30, "person", "say 水边危险", "raise alarm@30"],
      ...stays(31, 50),
      [50, "person", "escalate 1 of alarm@30", "say 马上离开"],
    ]);
  });

  test("takes what became due meanwhile in one go, in order", () => {
    const rule: Rule = { ...personRule, when: levelRule.when };
    expectStory(rule, [
      [0, "3.4 m"],
      [60, "tick", "say 水边危险", "raise alarm@60"],
      [200, "tick", "escalate 1 of alarm@60", "say 马上离开", "escalate 2 of alarm@60", "say 已通知村干部"],
      [300, "tick"],
    ]);
  });

  test("after no time comes with the alarm", () => {
    const [first] = personRule.escalate;
    const rule: Rule = { ...personRule, escalate: first ? [{ ...first, afterSeconds: 0 }] : [] };
    expectStory(rule, [
      [0, "person", "say 水边危险", "raise alarm@0", "escalate 1 of alarm@0", "say 马上离开"],
    ]);
  });

  test("of a rule that only speaks leaves no trace of an alarm", () => {
    const rule: Rule = { ...personRule, alarm: undefined };
    expectStory(rule, [
      [0, "person", "say 水边危险"],
      ...stays(1, 20),
      [20, "person", "say 马上离开"],
      [21, "nobody"],
    ]);
  });
});

describe("a water level", () => {
  test("must stay above its threshold, and is over below the other one", () => {
    expectStory(levelRule, [
      [0, "3.3 m"],
      [30, "3.4 m"],
      [60, "3.3 m", "raise alarm@60"],
      [90, "3.1 m"],
      [100, "3.0 m"],
      [110, "2.99 m", "clear alarm@60"],
    ]);
  });

  test("that falls back between the thresholds before the hold is over begins to be held anew", () => {
    expectStory(levelRule, [
      [0, "3.3 m"],
      [10, "3.1 m"],
      [60, "tick"],
      [61, "3.2 m"],
      [70, "3.3 m"],
      [129, "3.3 m"],
      [130, "tick", "raise alarm@130"],
    ]);
  });

  test("whose sensor is lost keeps its last state: the alarm stays, the hold goes on", () => {
    expectStory(levelRule, [
      [0, "3.3 m"],
      [30, "no value"],
      [60, "tick", "raise alarm@60"],
      [90, "no value"],
      [9000, "no value"],
      [9010, "2.5 m", "clear alarm@60"],
    ]);
  });

  test("of another sensor, or none at all, says nothing", () => {
    expectStory(levelRule, [
      [0, "another level"],
      [1, "no value"],
      [120, "tick"],
      [121, "NaN"],
    ]);
  });
});

describe("a button", () => {
  test("stays pressed until a person has seen to it, however short the press", () => {
    expectStory(buttonRule, [
      [0, "pressed", "raise alarm@0"],
      [1, "released"],
      [10, "another button"],
      [3600 * 24, "clear alarm@0"],
    ]);
  });

  test("that was let go goes on escalating until somebody acknowledges", () => {
    expectStory(buttonRule, [
      [0, "pressed", "raise alarm@0"],
      [1, "released"],
      [20, "tick", "escalate 1 of alarm@0", "say 请马上过去"],
    ]);
    expectStory(buttonRule, [
      [0, "pressed", "raise alarm@0"],
      [1, "released"],
      [15, "acknowledge alarm@0"],
      [20, "tick"],
    ]);
  });

  test("pressed again while nobody has seen to it is the same call", () => {
    expectStory(buttonRule, [
      [0, "pressed", "raise alarm@0"],
      [1, "released"],
      [40, "pressed", "escalate 1 of alarm@0", "say 请马上过去"],
      [41, "released"],
      [90, "pressed"],
    ]);
  });

  test("pressed again after somebody acknowledged but never cleared is a new call", () => {
    expectStory(buttonRule, [
      [0, "pressed", "raise alarm@0"],
      [1, "released"],
      [10, "acknowledge alarm@0"],
      [100, "pressed", "clear alarm@0", "raise alarm@100"],
    ]);
  });

  test("held down while it is acknowledged is no new call before it was let go", () => {
    expectStory(buttonRule, [
      [0, "pressed", "raise alarm@0"],
      [40, "acknowledge alarm@0"],
      [50, "pressed"],
      [100, "tick"],
      [110, "released"],
      [120, "pressed", "clear alarm@0", "raise alarm@120"],
    ]);
  });

  test("of a contact that acts when it opens is the same the other way round", () => {
    const rule: Rule = { ...buttonRule, when: { kind: "contact", input: "sos", closed: false } };
    expectStory(rule, [
      [0, "pressed"],
      [1, "released", "raise alarm@1"],
    ]);
  });
});

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
        evidence: true,
        because: observation("person", 1),
      },
    },
  ]);
});
