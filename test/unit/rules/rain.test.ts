import { describe, expect, test } from "vitest";
import type { Rule } from "../../../src/core/site.ts";
import { IDLE } from "../../../src/rules/rule-state.ts";
import { step } from "../../../src/rules/step.ts";
import { context, observation, rainRule } from "./rule-samples.ts";
import { expectStory, inputOf } from "./rule-story.ts";

describe("rain of the last hours", () => {
  test("raises by what came in its hours, whatever the gauge's total and the day's", () => {
    expectStory(rainRule, [
      [0, "rain 12 of 300"],
      [60, "rain 30 of 310"],
      [120, "rain 30.2 of 310", "raise alarm@120"],
      [180, "rain 25 of 310"],
      [200, "rain lost"],
      [240, "rain 19.8 of 310", "clear alarm@120"],
    ]);
  });

  test("is told with the alarm, not the gauge's total", () => {
    const result = step(rainRule, IDLE, inputOf("rain 41.4 of 90", 0), context(0));
    expect(result.effects).toMatchObject([
      { kind: "raise", alarm: { because: { kind: "reading", value: 41.4, unit: "mm", overHours: 1 } } },
    ]);
    expect(result.effects).not.toMatchObject([{ alarm: { because: { sums: expect.anything() } } }]);
  });

  test.each([1, 3, 6, 12, 24] as const)("may be of %i hours", (overHours) => {
    const rule: Rule = { ...rainRule, when: { ...rainRule.when, overHours } as Rule["when"] };
    const isMet = step(rule, IDLE, inputOf("rain 5 of 80", 0), context(0)).effects.length > 0;
    expect(isMet).toBe(overHours > 1);
  });

  test("is nothing of a sensor that does not count up", () => {
    const reading = { ...observation("rain 0 of 0", 0), value: 99, sums: undefined };
    expect(step(rainRule, IDLE, { kind: "observation", observation: reading }, context(0)).effects).toEqual(
      [],
    );
  });
});
