// rules/: pure functions from state and observation to state and effects. It may import core/ only.
import type { Observation, ReadingObservation } from "../core/observation.ts";
import type { Condition } from "../core/site.ts";

/**
 * What an observation says of a condition: `met`, `over`, `between` (a level between its two thresholds: what was
 * raised goes on, what was not does not begin), `unchanged` (a sensor that gives no value), or `unrelated`.
 */
export type Judgement = "met" | "over" | "between" | "unchanged" | "unrelated";

/** Conditions that one observation alone decides; the others need to remember who was where. */
export type PlainCondition = Extract<Condition, { kind: "line" | "level" | "contact" }>;
type LevelCondition = Extract<Condition, { kind: "level" }>;
/** Conditions of people who stay in a zone. */
export type StayCondition = Extract<Condition, { kind: "person" | "passage" | "group" }>;

export function judge(condition: PlainCondition, observation: Observation): Judgement {
  switch (condition.kind) {
    case "line": {
      const { camera, line, direction } = condition;
      const isMine =
        observation.kind === "crossing" && observation.camera === camera && observation.line === line;
      return isMine && (direction === "both" || observation.direction === direction) ? "met" : "unrelated";
    }
    case "level": {
      if (observation.kind !== "reading" || observation.sensor !== condition.sensor) return "unrelated";
      const { value } = meant(observation, condition);
      if (value === null) return "unchanged";
      if (value > condition.above) return "met";
      return value < condition.clearBelow ? "over" : "between";
    }
    case "contact": {
      if (observation.kind !== "contact" || observation.input !== condition.input) return "unrelated";
      return observation.closed === condition.closed ? "met" : "over";
    }
  }
}

/** A reading as a rule on the sums of a counter means it: its value is what came in so many hours. */
function meant(reading: ReadingObservation, { overHours }: LevelCondition): ReadingObservation {
  if (overHours === undefined) return reading;
  const { sums, ...rest } = reading;
  return { ...rest, value: sums?.[overHours] ?? null, overHours };
}

/** What is kept of an observation that met a condition: it tells the value that counted. */
export function witnessOf(condition: PlainCondition, observation: Observation): Observation {
  const isReading = condition.kind === "level" && observation.kind === "reading";
  return isReading ? meant(observation, condition) : observation;
}

export function isOfStays(condition: Condition): condition is StayCondition {
  return condition.kind === "person" || condition.kind === "passage" || condition.kind === "group";
}

/** How long a condition must hold before the rule acts. */
export function holdMs(condition: Condition): number {
  if (condition.kind === "person" || condition.kind === "group") return condition.dwellSeconds * 1000;
  return condition.kind === "level" ? condition.holdSeconds * 1000 : 0;
}

/**
 * A pressed button stays pressed, and who vanished stays missed, until a person has seen to it; water and people show by
 * themselves that it is over.
 */
export function endsByItself(condition: Condition): boolean {
  return condition.kind !== "contact" && condition.kind !== "vanished";
}

/** Whether another sign after somebody acknowledged the alarm is another call: another press, somebody else who comes. */
export function callsAnew(condition: Condition): boolean {
  return condition.kind !== "level" && condition.kind !== "group";
}

/**
 * Without a further sign for this long it counts as over, so that a camera that dies does not leave the horn speaking to
 * nobody. Levels and contacts keep their last state. Where somebody went who crossed a line nobody knows: that is over
 * after half a minute.
 */
export function freshForMs(condition: Condition): number {
  switch (condition.kind) {
    case "person":
    case "passage":
    case "group":
      return 5000;
    case "line":
      return 30_000;
    case "vanished":
      return 60_000;
    default:
      return Number.POSITIVE_INFINITY;
  }
}
