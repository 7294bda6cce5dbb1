import type { Effect } from "../core/alarm.ts";
import type { Observation } from "../core/observation.ts";
import { isWithin } from "../core/schedule.ts";
import type { Rule } from "../core/site.ts";
import type { Moment } from "../core/time.ts";
import { endsByItself, freshForMs, holdMs, judge } from "./condition.ts";

/** An alarm that this rule raised and that is not over. Times are monotonic milliseconds. */
export interface OpenAlarm {
  readonly id: string;
  readonly raisedMs: number;
  /** Escalation steps already taken. */
  readonly steps: number;
  readonly acknowledged: boolean;
}

/** Everything a rule remembers. Times are monotonic milliseconds. */
export interface RuleState {
  /** Since when its condition holds without a break, and the observation that shows it. */
  readonly met: { readonly sinceMs: number; readonly lastMs: number; readonly because: Observation } | null;
  readonly alarm: OpenAlarm | null;
  readonly lastRaisedMs: number | null;
}

export const IDLE: RuleState = { met: null, alarm: null, lastRaisedMs: null };

export type RuleInput =
  | { readonly kind: "observation"; readonly observation: Observation }
  | { readonly kind: "tick" }
  | { readonly kind: "acknowledge"; readonly alarm: string }
  | { readonly kind: "clear"; readonly alarm: string };

export interface RuleContext {
  readonly now: Moment;
  readonly timezone: string;
  /** With a clock that may be wrong, schedules cannot be kept; a warning too many is better than none. */
  readonly clockSynced: boolean;
  /** 撤防: nothing is raised; what would have been is told as `isWithheld`. */
  readonly isPaused?: boolean;
  /** The id of an alarm raised in this step. */
  readonly newAlarmId: string;
}

export interface RuleStep {
  readonly state: RuleState;
  readonly effects: readonly Effect[];
  /** Monotonic time at which the rule wants a tick; null when only an input can change anything. */
  readonly wakeMs: number | null;
  /** Whether a pause alone keeps the rule from raising now. */
  readonly isWithheld: boolean;
}

/** What a rule remembers once it is armed again: whoever is there then is new to it, whatever was seen to before. */
export function rearm(state: RuleState): RuleState {
  return state.met && isSeen(state.met) ? { ...state, met: null } : state;
}

/** One step of one rule. Pure: the same arguments always give the same result. */
export function step(rule: Rule, before: RuleState, input: RuleInput, context: RuleContext): RuleStep {
  const nowMs = context.now.monotonicMs;
  const effects: Effect[] = [];
  let { alarm, lastRaisedMs } = before;
  const looked = look(rule, before, input, nowMs);
  let { met } = looked;

  if (input.kind === "acknowledge" && alarm?.id === input.alarm) {
    alarm = { ...alarm, acknowledged: true };
    if (!endsByItself(rule.when)) met = seen(met);
  }
  const clearedByPerson = input.kind === "clear" && alarm?.id === input.alarm;
  if (alarm && (clearedByPerson || (looked.isOver && endsByItself(rule.when)))) {
    // A person's own clearing is recorded with the person's name by whoever took the command.
    if (rule.alarm && !clearedByPerson) effects.push({ kind: "clear", alarm: alarm.id, at: context.now });
    alarm = null;
    if (clearedByPerson) met = seen(met);
  }

  const readyMs = raiseTime(rule, { met, alarm, lastRaisedMs });
  const mayRaise = met !== null && readyMs !== null && nowMs >= readyMs && isOnDuty(rule, context);
  if (met && mayRaise && !context.isPaused) {
    if (alarm && rule.alarm) effects.push({ kind: "clear", alarm: alarm.id, at: context.now });
    alarm = { id: context.newAlarmId, raisedMs: nowMs, steps: 0, acknowledged: false };
    lastRaisedMs = nowMs;
    effects.push(...raise(rule, alarm.id, met.because, context.now));
  }
  for (;;) {
    const next = nextEscalation(rule, { met, alarm, lastRaisedMs });
    if (!alarm || !next || nowMs < next.atMs) break;
    alarm = { ...alarm, steps: alarm.steps + 1 };
    if (rule.alarm) effects.push({ kind: "escalate", alarm: alarm.id, step: alarm.steps, at: context.now });
    effects.push({ kind: "say", rule: rule.id, alarm: alarm.id, ...spoken(next.escalation) });
  }

  const state: RuleState = { met, alarm, lastRaisedMs };
  return {
    state,
    effects,
    wakeMs: nextWake(rule, state, nowMs),
    isWithheld: mayRaise && context.isPaused === true,
  };
}

/** The condition after an input, and whether this input showed that it ended. */
function look(
  rule: Rule,
  { met, alarm }: RuleState,
  input: RuleInput,
  nowMs: number,
): { met: RuleState["met"]; isOver: boolean } {
  const judgement = input.kind === "observation" ? judge(rule.when, input.observation) : "unrelated";
  if (input.kind === "observation" && judgement === "met") {
    return {
      met: { sinceMs: met?.sinceMs ?? nowMs, lastMs: nowMs, because: input.observation },
      isOver: false,
    };
  }
  if (judgement === "over") return { met: null, isOver: true };
  if (met && nowMs >= met.lastMs + freshForMs(rule.when)) return { met: null, isOver: true };
  const mustBeginAgain = judgement === "between" && !alarm && met !== null && !isSeen(met);
  return { met: mustBeginAgain ? null : met, isOver: false };
}

type Met = NonNullable<RuleState["met"]>;

/** A person has seen to it: the same presence, level or press raises nothing new until it ended once. */
function seen(met: RuleState["met"]): RuleState["met"] {
  return met && { ...met, sinceMs: Number.POSITIVE_INFINITY };
}

function isSeen(met: Met): boolean {
  return met.sinceMs === Number.POSITIVE_INFINITY;
}

/** When the rule may raise; null while nothing holds or its alarm is open. */
function raiseTime(rule: Rule, { met, alarm, lastRaisedMs }: RuleState): number | null {
  // Who acknowledged a call for help may forget to clear it; the next press must be heard all the same.
  const isTaken = alarm !== null && (endsByItself(rule.when) || !alarm.acknowledged);
  if (!met || isTaken) return null;
  const held = met.sinceMs + holdMs(rule.when);
  return lastRaisedMs === null ? held : Math.max(held, lastRaisedMs + rule.cooldownSeconds * 1000);
}

/** A button that was let go still waits for a person; water and people that are gone do not. */
function nextEscalation(
  rule: Rule,
  { met, alarm }: RuleState,
): { escalation: Rule["escalate"][number]; atMs: number } | null {
  if (!alarm || alarm.acknowledged || !(met || !endsByItself(rule.when))) return null;
  const escalation = rule.escalate[alarm.steps];
  return escalation ? { escalation, atMs: alarm.raisedMs + escalation.afterSeconds * 1000 } : null;
}

function isOnDuty(rule: Rule, { clockSynced, now, timezone }: RuleContext): boolean {
  return !clockSynced || isWithin(rule.schedule, now.wallMs, timezone);
}

function raise(rule: Rule, id: string, because: Observation, at: Moment): Effect[] {
  const says = rule.say.map((say): Effect => ({ kind: "say", rule: rule.id, alarm: id, ...spoken(say) }));
  const looks = (rule.look ?? []).map(
    ({ camera, preset }): Effect => ({ kind: "look", rule: rule.id, alarm: id, camera, preset }),
  );
  // The voice first: it is what keeps somebody out of the water.
  const acts = [...says, ...looks];
  if (!rule.alarm) return acts;
  const { severity, evidence } = rule.alarm;
  return [
    ...acts,
    { kind: "raise", alarm: { id, rule: rule.id, severity, ...(evidence && { evidence }), because }, at },
  ];
}

function spoken({ text, speakers, repeat, volume }: Rule["say"][number]): Rule["say"][number] {
  return { text, speakers, repeat, volume };
}

function nextWake(rule: Rule, state: RuleState, nowMs: number): number | null {
  const times = [
    state.met && state.met.lastMs + freshForMs(rule.when),
    raiseTime(rule, state),
    nextEscalation(rule, state)?.atMs ?? null,
  ].flatMap((time) => (time === null ? [] : [time]));
  // A raise held back by the schedule has no time of its own here; look again each minute.
  const next = Math.min(...times.map((time) => (time <= nowMs ? nowMs + 60_000 : time)));
  return Number.isFinite(next) ? next : null;
}
