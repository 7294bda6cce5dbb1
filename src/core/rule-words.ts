import type { Escalation, Rule, SayAction } from "./site.ts";

/** What a step of escalation says; undefined where it is silent. */
export function spokenPart({
  text,
  speakers,
  repeat = 1,
  volume = 100,
  emergency,
}: Escalation): SayAction | undefined {
  if (text === undefined || !speakers) return undefined;
  return { text, speakers, repeat, volume, ...(emergency && { emergency }) };
}

/** Everything that a rule may have said, in the order of its steps. */
export function saysOf({ say, escalate }: Pick<Rule, "say" | "escalate">): readonly SayAction[] {
  return [...say, ...escalate.flatMap((step) => spokenPart(step) ?? [])];
}
