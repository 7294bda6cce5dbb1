// rules/: pure functions from state and observation to state and effects. It may import core/ only.
import type { Observation } from "../core/observation.ts";
import type { Condition } from "../core/site.ts";

/**
 * What an observation says of a condition: `met`, `over`, `between` (a level between its two thresholds: what was
 * raised goes on, what was not does not begin), `unchanged` (a sensor that gives no value), or `unrelated`.
 */
export type Judgement = "met" | "over" | "between" | "unchanged" | "unrelated";

export function judge(condition: Condition, observation: Observation): Judgement {
  switch (condition.kind) {
    case "person": {
      const isMine =
        observation.kind === "presence" &&
        observation.camera === condition.camera &&
        observation.zone === condition.zone;
      if (!isMine) return "unrelated";
      return observation.present ? "met" : "over";
    }
    case "level": {
      if (observation.kind !== "reading" || observation.sensor !== condition.sensor) return "unrelated";
      if (observation.value === null) return "unchanged";
      if (observation.value > condition.above) return "met";
      return observation.value < condition.clearBelow ? "over" : "between";
    }
    case "contact": {
      if (observation.kind !== "contact" || observation.input !== condition.input) return "unrelated";
      return observation.closed === condition.closed ? "met" : "over";
    }
  }
}

/** How long a condition must hold before the rule acts. */
export function holdMs(condition: Condition): number {
  if (condition.kind === "person") return condition.dwellSeconds * 1000;
  return condition.kind === "level" ? condition.holdSeconds * 1000 : 0;
}

/** A pressed button stays pressed until a person has seen to it; water and people show by themselves that it is over. */
export function endsByItself(condition: Condition): boolean {
  return condition.kind !== "contact";
}

/**
 * Without a further sign for this long a person counts as gone, so that a camera that dies does not leave the horn
 * speaking to nobody. Levels and contacts keep their last state.
 */
export function freshForMs(condition: Condition): number {
  return condition.kind === "person" ? 5000 : Number.POSITIVE_INFINITY;
}
