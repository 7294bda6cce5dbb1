import { expect } from "vitest";
import type { Rule } from "../../../src/core/site.ts";
import { IDLE, type RuleState } from "../../../src/rules/rule-state.ts";
import { type RuleContext, type RuleInput, step } from "../../../src/rules/step.ts";
import { context, inWords, observation } from "./rule-samples.ts";

/** At second, input, expected effects. Inputs: what is seen, `tick`, `acknowledge <alarm>`, `clear <alarm>`. */
export type Row = readonly [seconds: number, input: string, ...effects: string[]];

export function inputOf(words: string, seconds: number): RuleInput {
  const [verb, alarm = ""] = words.split(" ");
  if (words === "tick") return { kind: "tick" };
  if (verb === "acknowledge" || verb === "clear") return { kind: verb, alarm };
  return { kind: "observation", observation: observation(words, seconds) };
}

/** Goes through the rows from idle (or `before`) and compares every row's effects at once. */
export function expectStory(
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
