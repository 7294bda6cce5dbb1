import { describe, test } from "vitest";
import type { Rule } from "../../../src/core/site.ts";
import { buttonRule, levelRule, personRule } from "./rule-samples.ts";
import { expectStory, type Row } from "./rule-story.ts";

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
