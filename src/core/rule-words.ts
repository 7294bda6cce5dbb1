import type { Escalation, Rule, SayAction } from "./site.ts";

/** What a step of escalation says; undefined where it is silent. */
export function spokenPart({ text, speakers, repeat = 1, volume = 100 }: Escalation): SayAction | undefined {
  return text === undefined || !speakers ? undefined : { text, speakers, repeat, volume };
}

/** Everything that a rule may have said, in the order of its steps. */
export function saysOf({ say, escalate }: Pick<Rule, "say" | "escalate">): readonly SayAction[] {
  return [...say, ...escalate.flatMap((step) => spokenPart(step) ?? [])];
}
