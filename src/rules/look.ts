import type { Observation } from "../core/observation.ts";
import { LEAST_SURENESS, levelAt } from "../core/sensitivity.ts";
import type { Rule } from "../core/site.ts";
import type { Moment } from "../core/time.ts";
import {
  freshForMs,
  holdMs,
  isOfStays,
  judge,
  type PlainCondition,
  type StayCondition,
  witnessOf,
} from "./condition.ts";
import type { Met, RuleState } from "./rule-state.ts";
import { follow, hereOf, isBackSoon, left, type Stay, seenTo } from "./stays.ts";
import { type VanishedCondition, watch } from "./vanished.ts";

type Looked = Pick<RuleState, "met" | "stays" | "watched">;

export interface Look {
  readonly state: Looked;
  /** Whether the input showed that the condition ended. */
  readonly isOver: boolean;
}

export interface LookContext {
  readonly now: Moment;
  readonly timezone: string;
  readonly location?: readonly [longitude: number, latitude: number] | undefined;
  readonly clockSynced: boolean;
}

/** The condition after an observation, or after time went by without one. */
export function look(
  rule: Rule,
  before: RuleState,
  observation: Observation | undefined,
  context: LookContext,
): Look {
  const { when } = rule;
  if (isOfStays(when)) return lookAtStays(rule, when, before, observation, context);
  if (when.kind === "vanished") return lookForMissing(rule, when, before, observation, context);
  return lookPlainly(rule, when, before, observation, context.now.monotonicMs);
}

/** A person has seen to it: the same people, level or press raise nothing new until that ended once. */
export function seen<State extends Looked>(state: State): State {
  const { met } = state;
  return {
    ...state,
    met: met && { ...met, sinceMs: Number.POSITIVE_INFINITY },
    stays: seenTo(state.stays),
  };
}

function isSeen(met: Met): boolean {
  return met.sinceMs === Number.POSITIVE_INFINITY;
}

function isStale(rule: Rule, met: Met | null, nowMs: number): boolean {
  return met !== null && nowMs >= met.lastMs + freshForMs(rule.when);
}

function leastSureness(rule: Rule, context: LookContext): number {
  return LEAST_SURENESS[levelAt(rule.sensitivity, context.now.wallMs, context)];
}

function lookAtStays(
  rule: Rule,
  when: StayCondition,
  { met, alarm, stays: known, watched }: RuleState,
  observation: Observation | undefined,
  context: LookContext,
): Look {
  const nowMs = context.now.monotonicMs;
  const followed =
    observation &&
    follow(when, known, observation, nowMs, {
      leastSureness: leastSureness(rule, context),
      trackCooldownMs: (rule.trackCooldownSeconds ?? 0) * 1000,
    });
  if (!followed || !observation) {
    if (!isStale(rule, met, nowMs)) return { state: { met, stays: known, watched }, isOver: false };
    return { state: { met: null, stays: left(known), watched }, isOver: true };
  }
  // Looks at the zone in which a passage begins say nothing of where it ends.
  const isOfEnd =
    when.kind !== "passage" || (observation.kind === "presence" && observation.zone === when.to);
  if (!isOfEnd) {
    const isOver = isStale(rule, met, nowMs);
    return {
      state: { met: isOver ? null : met, stays: isOver ? left(followed) : followed, watched },
      isOver,
    };
  }
  const here = hereOf(followed);
  const isEnough = here.length >= (when.kind === "group" ? when.people : 1);
  if (!isEnough) return { state: { met: null, stays: followed, watched }, isOver: true };
  const isStaying =
    alarm === null || when.kind === "group" || here.some((stay) => hasDwelt(rule, stay, nowMs));
  return {
    state: {
      met: { sinceMs: sinceOf(when, met, here, nowMs), lastMs: nowMs, because: observation },
      stays: followed,
      watched,
    },
    isOver: !isStaying,
  };
}

/** Since when the rule has somebody to act for. */
function sinceOf(when: StayCondition, met: Met | null, here: readonly Stay[], nowMs: number): number {
  if (when.kind === "group") return met?.sinceMs ?? nowMs;
  return Math.min(...here.filter(({ isSeen, isAside }) => !isSeen && !isAside).map(({ sinceMs }) => sinceMs));
}

function hasDwelt(rule: Rule, { sinceMs }: Stay, nowMs: number): boolean {
  return nowMs >= sinceMs + holdMs(rule.when);
}

function lookForMissing(
  rule: Rule,
  when: VanishedCondition,
  { met, stays, watched: before }: RuleState,
  observation: Observation | undefined,
  context: LookContext,
): Look {
  const nowMs = context.now.monotonicMs;
  const { watched, asks } = watch(when, before, observation, nowMs, leastSureness(rule, context));
  if (asks) {
    return { state: { met: { sinceMs: nowMs, lastMs: nowMs, ...asks }, stays, watched }, isOver: false };
  }
  const isOver = isStale(rule, met, nowMs);
  return { state: { met: isOver ? null : met, stays, watched }, isOver };
}

function lookPlainly(
  rule: Rule,
  when: PlainCondition,
  { met, alarm, stays, watched }: RuleState,
  observation: Observation | undefined,
  nowMs: number,
): Look {
  const judgement = observation ? judge(when, observation) : "unrelated";
  if (observation && judgement === "met" && !isBackSoon(rule, stays, observation, nowMs)) {
    // Each crossing is one of its own; a level or a press goes on.
    const before = when.kind === "line" && met && isSeen(met) ? null : met;
    return {
      state: {
        met: { sinceMs: before?.sinceMs ?? nowMs, lastMs: nowMs, because: witnessOf(when, observation) },
        stays,
        watched,
      },
      isOver: false,
    };
  }
  if (judgement === "over" || isStale(rule, met, nowMs)) {
    return { state: { met: null, stays, watched }, isOver: true };
  }
  const mustBeginAgain = judgement === "between" && !alarm && met !== null && !isSeen(met);
  return { state: { met: mustBeginAgain ? null : met, stays, watched }, isOver: false };
}
