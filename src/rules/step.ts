import type { Effect } from "../core/alarm.ts";
import type { Observation } from "../core/observation.ts";
import { spokenPart } from "../core/rule-words.ts";
import { isWithin } from "../core/schedule.ts";
import type { Rule, SwitchAction } from "../core/site.ts";
import type { Moment } from "../core/time.ts";
import { callsAnew, endsByItself, freshForMs, holdMs } from "./condition.ts";
import { look, seen } from "./look.ts";
import type { Met, OpenAlarm, RuleState } from "./rule-state.ts";
import { crossed, SOMEBODY, type Stay } from "./stays.ts";
import { nextGoneMs } from "./vanished.ts";

export type RuleInput =
  | { readonly kind: "observation"; readonly observation: Observation }
  | { readonly kind: "tick" }
  | { readonly kind: "acknowledge"; readonly alarm: string }
  | { readonly kind: "clear"; readonly alarm: string };

export interface RuleContext {
  readonly now: Moment;
  readonly timezone: string;
  /** Longitude and latitude in degrees, where the site has them. */
  readonly location?: readonly [longitude: number, latitude: number] | undefined;
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
  const { met, stays, watched } = state;
  return {
    ...state,
    met: met && Number.isFinite(met.sinceMs) ? met : null,
    stays: stays.map((stay) => ({ ...stay, isSeen: false, raised: undefined })),
    watched: watched.map((one) => ({ ...one, asked: false })),
  };
}

/** One step of one rule. Pure: the same arguments always give the same result. */
export function step(rule: Rule, before: RuleState, input: RuleInput, context: RuleContext): RuleStep {
  const effects: Effect[] = [];
  const observation = input.kind === "observation" ? input.observation : undefined;
  const looked = look(rule, before, observation, context);
  let state = settleByPerson(rule, { ...before, ...looked.state }, input, effects);
  if (state.alarm && looked.isOver && endsByItself(rule.when)) {
    effects.push(...ending(rule, state.alarm, context.now));
    state = { ...state, alarm: null };
  }
  const readyMs = raiseTime(rule, state);
  const isReady = readyMs !== null && context.now.monotonicMs >= readyMs && isOnDuty(rule, context);
  if (isReady && !context.isPaused) state = act(rule, state, context, effects);
  state = escalate(rule, state, context.now, effects);
  return {
    state,
    effects,
    wakeMs: nextWake(rule, state, context.now.monotonicMs),
    isWithheld: isReady && context.isPaused === true,
  };
}

/** What a person's order changes. The clearing is recorded with the person's name by whoever took the command. */
function settleByPerson(rule: Rule, state: RuleState, input: RuleInput, effects: Effect[]): RuleState {
  const { alarm } = state;
  if (!alarm || (input.kind !== "acknowledge" && input.kind !== "clear")) return state;
  if (alarm.id !== input.alarm) return state;
  if (switches(rule)) effects.push({ kind: "switch-off", alarm: alarm.id });
  if (input.kind === "clear") return { ...seen(state), alarm: null };
  const acknowledged = { ...alarm, acknowledged: true };
  return { ...(callsAnew(rule.when) ? seen(state) : state), alarm: acknowledged };
}

function ending(rule: Rule, { id }: OpenAlarm, at: Moment): Effect[] {
  return [
    ...(switches(rule) ? [{ kind: "switch-off" as const, alarm: id }] : []),
    ...(rule.alarm ? [{ kind: "clear" as const, alarm: id, at }] : []),
  ];
}

/** Raises an alarm; or speaks again, where all who are there raised one a short while ago. */
function act(rule: Rule, state: RuleState, context: RuleContext, effects: Effect[]): RuleState {
  const { met, alarm: open } = state;
  if (!met) return state;
  const nowMs = context.now.monotonicMs;
  const again = backSoon(rule, state.stays, nowMs);
  if (again !== undefined) {
    // Once each time they come, not on each look at them.
    const isNews = state.stays.some((stay) => isDue(rule, stay, nowMs) && !stay.isSpokenTo);
    if (!isNews) return state;
    effects.push(...says(rule, again));
    const stays = state.stays.map((stay) => {
      return isDue(rule, stay, nowMs) ? { ...stay, isSpokenTo: true } : stay;
    });
    return { ...state, lastRaisedMs: nowMs, stays };
  }
  if (open) effects.push(...ending(rule, open, context.now));
  const alarm: OpenAlarm = { id: context.newAlarmId, raisedMs: nowMs, steps: 0, acknowledged: false };
  const due = dueTracks(rule, state, nowMs);
  effects.push(...raise(rule, alarm.id, { ...met, because: witness(met.because, due) }, due, context.now));
  const raised = { atMs: nowMs, alarm: alarm.id };
  const stays = remember(rule, state.stays, met, raised);
  return { ...state, alarm, lastRaisedMs: nowMs, stays };
}

function isDue(rule: Rule, { isHere, isAside, counts, isSeen, sinceMs }: Stay, nowMs: number): boolean {
  return isHere && !isAside && counts && !isSeen && nowMs >= sinceMs + holdMs(rule.when);
}

function dueTracks(rule: Rule, { stays }: RuleState, nowMs: number): readonly number[] {
  return stays.filter((stay) => stay.id !== SOMEBODY && isDue(rule, stay, nowMs)).map(({ id }) => id);
}

/** What was seen, of those alone who broke the rule: who only goes by is nobody's evidence. */
function witness(because: Observation, due: readonly number[]): Observation {
  if (because.kind !== "presence" || !because.tracks) return because;
  const tracks = because.tracks.filter(({ id }) => due.includes(id));
  // Nobody of the newest look is due where a rule acts between two looks.
  return tracks.length > 0 ? { ...because, tracks, boxes: tracks.map(({ box }) => box) } : because;
}

/** Who raised an alarm, so that the same do not raise another soon. */
function remember(
  rule: Rule,
  stays: readonly Stay[],
  { because }: Met,
  raised: NonNullable<Stay["raised"]>,
): readonly Stay[] {
  if (because.kind === "crossing") return crossed(rule, stays, because, raised);
  return stays.map((stay) => (isDue(rule, stay, raised.atMs) ? { ...stay, raised } : stay));
}

/** The alarm of those who are there, if none of them is new; undefined if somebody is. */
function backSoon(rule: Rule, stays: readonly Stay[], nowMs: number): string | undefined {
  const due = stays.filter((stay) => isDue(rule, stay, nowMs));
  const cooldownMs = (rule.trackCooldownSeconds ?? 0) * 1000;
  const isNew = ({ id, raised }: Stay): boolean =>
    id === SOMEBODY || !raised || nowMs - raised.atMs >= cooldownMs;
  return due.some(isNew) ? undefined : due[0]?.raised?.alarm;
}

function escalate(rule: Rule, before: RuleState, at: Moment, effects: Effect[]): RuleState {
  let state = before;
  for (;;) {
    const next = nextEscalation(rule, state);
    if (!state.alarm || !next || at.monotonicMs < next.atMs) return state;
    const { id, steps } = state.alarm;
    const { severity, switchOn } = next.escalation;
    state = { ...state, alarm: { ...state.alarm, steps: steps + 1 } };
    if (rule.alarm) {
      effects.push({ kind: "escalate", alarm: id, step: steps + 1, ...(severity && { severity }), at });
    }
    const say = spokenPart(next.escalation);
    if (say) effects.push({ kind: "say", rule: rule.id, alarm: id, ...say });
    if (switchOn) effects.push(switching(rule, id, switchOn));
  }
}

/** When the rule may raise; null while nothing holds or its alarm is open. */
function raiseTime(rule: Rule, { met, alarm, lastRaisedMs }: RuleState): number | null {
  // Who acknowledged a call for help may forget to clear it; the next press must be heard all the same.
  const isTaken = alarm !== null && !(callsAnew(rule.when) && alarm.acknowledged);
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

function raise(
  rule: Rule,
  id: string,
  { because, question }: Met,
  raisedBy: readonly number[],
  at: Moment,
): Effect[] {
  const looks = (rule.look ?? []).map(
    ({ camera, preset }): Effect => ({ kind: "look", rule: rule.id, alarm: id, camera, preset }),
  );
  const switched = (rule.switchOn ?? []).map((action) => switching(rule, id, action));
  // The voice first: it is what keeps somebody out of the water.
  const acts = [...says(rule, id), ...switched, ...looks];
  if (!rule.alarm) return acts;
  const { severity, evidence } = rule.alarm;
  const asked = question && { question };
  const tracks = raisedBy.length > 0 && { raisedBy };
  const alarm = { id, rule: rule.id, severity, ...(evidence && { evidence }), ...asked, because, ...tracks };
  return [...acts, { kind: "raise", alarm, at }];
}

function says(rule: Rule, alarm: string): Effect[] {
  return rule.say.map((words) => ({ kind: "say", rule: rule.id, alarm, ...words }));
}

function switching(rule: Rule, alarm: string, { switches, forSeconds }: SwitchAction): Effect {
  return { kind: "switch-on", rule: rule.id, alarm, switches, forSeconds };
}

function switches({ switchOn = [], escalate: steps }: Rule): boolean {
  return switchOn.length > 0 || steps.some((step) => step.switchOn);
}

function nextWake(rule: Rule, state: RuleState, nowMs: number): number | null {
  const times = [
    state.met && state.met.lastMs + freshForMs(rule.when),
    raiseTime(rule, state),
    nextEscalation(rule, state)?.atMs ?? null,
    rule.when.kind === "vanished" ? nextGoneMs(rule.when, state.watched) : null,
  ].flatMap((time) => (time === null ? [] : [time]));
  // A raise held back by the schedule has no time of its own here; look again each minute.
  const next = Math.min(...times.map((time) => (time <= nowMs ? nowMs + 60_000 : time)));
  return Number.isFinite(next) ? next : null;
}
