import type { Effect } from "../core/alarm.ts";
import type { Observation } from "../core/observation.ts";
import type { Rule } from "../core/site.ts";
import type { Moment } from "../core/time.ts";
import { endsByItself, freshForMs, holdMs, judge } from "./condition.ts";
import { isWithin } from "./schedule.ts";

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
  /** The id of an alarm raised in this step. */
  readonly newAlarmId: string;
}

export interface RuleStep {
  readonly state: RuleState;
  readonly effects: readonly Effect[];
  /** Monotonic time at which the rule wants a tick; null when only an input can change anything. */
  readonly wakeMs: number | null;
}

/** One step of one rule. Pure: the same arguments always give the same result. */
export function step(rule: Rule, before: RuleState, input: RuleInput, context: RuleContext): RuleStep {
  const nowMs = context.now.monotonicMs;
  const effects: Effect[] = [];
  let { met, alarm, lastRaisedMs } = before;

  if (input.kind === "observation") {
    const judgement = judge(rule.when, input.observation);
    if (judgement === "met") {
      met = { sinceMs: met?.sinceMs ?? nowMs, lastMs: nowMs, because: input.observation };
    } else if (judgement === "over") {
      met = null;
    }
  }
  if (met && nowMs - met.lastMs >= freshForMs(rule.when)) met = null;

  if (input.kind === "acknowledge" && alarm?.id === input.alarm) alarm = { ...alarm, acknowledged: true };
  const clearedByPerson = input.kind === "clear" && alarm?.id === input.alarm;
  const isOver =
    !met && endsByItself(rule.when) && input.kind !== "acknowledge" && judged(rule, input, before);
  if (alarm && (clearedByPerson || isOver)) {
    // A person's own clearing is recorded with the person's name by whoever took the command.
    if (rule.alarm && !clearedByPerson) effects.push({ kind: "clear", alarm: alarm.id, at: context.now });
    alarm = null;
    // A person has seen to it: the same presence, level or press raises nothing new until it ended once.
    if (clearedByPerson) met = met && { ...met, sinceMs: Number.POSITIVE_INFINITY };
  }

  const readyMs = met && !alarm ? raiseTime(rule, met.sinceMs, lastRaisedMs) : null;
  if (met && readyMs !== null && nowMs >= readyMs && mayAct(rule, context)) {
    alarm = { id: context.newAlarmId, raisedMs: nowMs, steps: 0, acknowledged: false };
    lastRaisedMs = nowMs;
    effects.push(...raise(rule, alarm.id, met.because, context.now));
  }
  if (alarm && !alarm.acknowledged && met) {
    const due = rule.escalate.filter(
      ({ afterSeconds }) => nowMs >= (alarm as OpenAlarm).raisedMs + afterSeconds * 1000,
    );
    for (const escalation of due.slice(alarm.steps)) {
      alarm = { ...alarm, steps: alarm.steps + 1 };
      if (rule.alarm) effects.push({ kind: "escalate", alarm: alarm.id, step: alarm.steps, at: context.now });
      effects.push({ kind: "say", rule: rule.id, alarm: alarm.id, ...spoken(escalation) });
    }
  }

  const state: RuleState = { met, alarm, lastRaisedMs };
  return { state, effects, wakeMs: nextWake(rule, state, nowMs) };
}

/** An alarm restored after a restart is over only when something was seen, not because nothing was seen yet. */
function judged(rule: Rule, input: RuleInput, before: RuleState): boolean {
  if (input.kind === "observation")
    return judge(rule.when, input.observation) === "over" || before.met !== null;
  return input.kind === "tick" && before.met !== null;
}

function raiseTime(rule: Rule, sinceMs: number, lastRaisedMs: number | null): number {
  const held = sinceMs + holdMs(rule.when);
  return lastRaisedMs === null ? held : Math.max(held, lastRaisedMs + rule.cooldownSeconds * 1000);
}

function mayAct(rule: Rule, { clockSynced, now, timezone }: RuleContext): boolean {
  return !clockSynced || isWithin(rule.schedule, now.wallMs, timezone);
}

function raise(rule: Rule, id: string, because: Observation, at: Moment): Effect[] {
  const says = rule.say.map((say): Effect => ({ kind: "say", rule: rule.id, alarm: id, ...spoken(say) }));
  if (!rule.alarm) return says;
  const { severity, evidence } = rule.alarm;
  // The voice first: it is what keeps somebody out of the water.
  return [...says, { kind: "raise", alarm: { id, rule: rule.id, severity, evidence, because }, at }];
}

function spoken({ text, speakers, repeat, volume }: Rule["say"][number]): Rule["say"][number] {
  return { text, speakers, repeat, volume };
}

function nextWake(rule: Rule, { met, alarm, lastRaisedMs }: RuleState, nowMs: number): number | null {
  const times: number[] = [];
  if (met) {
    times.push(met.lastMs + freshForMs(rule.when));
    if (!alarm) times.push(raiseTime(rule, met.sinceMs, lastRaisedMs));
  }
  const escalation = alarm && !alarm.acknowledged && met ? rule.escalate[alarm.steps] : undefined;
  if (alarm && escalation) times.push(alarm.raisedMs + escalation.afterSeconds * 1000);
  // A raise held back by the schedule has no time of its own here; look again each minute.
  const next = Math.min(...times.map((time) => (time <= nowMs ? nowMs + 60_000 : time)));
  return Number.isFinite(next) ? next : null;
}
