import type { Effect } from "../core/alarm.ts";
import type { Observation } from "../core/observation.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Rule } from "../core/site.ts";
import type { Clock, Timer } from "../core/time.ts";
import { heeds } from "./lesson-sieve.ts";
import { IDLE, type RuleState } from "./rule-state.ts";
import { type RuleInput, rearm, step } from "./step.ts";

export interface RuleBook {
  readonly effects: Signal<Effect>;
  /** Rules that would have acted but for a pause: once for each that came, no oftener than their cool-down. */
  readonly withheld: Signal<string>;
  observe(observation: Observation): void;
  /** Both return false when no rule has this alarm open. */
  acknowledge(alarm: string): boolean;
  clear(alarm: string): boolean;
  /** The rule's pause is over: it acts at once on what is there. */
  rearm(rule: string): void;
  /** From now on the rule of this id is this one; what it remembers stays, and an open alarm goes on. */
  replace(rule: Rule): void;
  /** Whether an alarm that nobody has acknowledged still has a step to come. */
  isEscalating(): boolean;
  stop(): void;
}

/** A step comes when its time has; a rule that looks again only with the next observation is given this. */
const STEP_GRACE_MS = 60_000;

export interface RuleBookDependencies {
  readonly clock: Clock;
  readonly timezone: string;
  readonly location?: readonly [longitude: number, latitude: number] | undefined;
  readonly isClockSynced: () => boolean;
  readonly newAlarmId: () => string;
  /** Whether a pause keeps this rule from acting now. */
  readonly isPaused?: (rule: string) => boolean;
  /** What is left of an observation for rules that heed lessons. */
  readonly sift?: (observation: Observation) => Observation;
}

/** An alarm that an earlier run raised and nobody ended. */
export interface CarriedAlarm {
  readonly rule: string;
  readonly id: string;
  readonly acknowledged: boolean;
}

/**
 * Holds the state of every rule, gives each its inputs and ticks, and emits what they want done.
 * @param carried newest first.
 */
export function createRuleBook(
  dependencies: RuleBookDependencies,
  given: readonly Rule[],
  carried: readonly CarriedAlarm[],
): RuleBook {
  let rules = given;
  const { clock } = dependencies;
  const effects = createSignal<Effect>();
  const withheld = createSignal<string>();
  const withholdings = new Map<string, { readonly isNow: boolean; readonly countedMs: number }>();
  const states = new Map<string, RuleState>();
  const timers = new Map<string, Timer>();
  let stopped = false;

  for (const { rule, id, acknowledged } of carried) {
    // A rule has one open alarm; of several that an earlier run left, the newest.
    if (states.has(rule)) continue;
    const raisedMs = clock.now().monotonicMs;
    states.set(rule, { ...IDLE, alarm: { id, raisedMs, steps: Number.MAX_SAFE_INTEGER, acknowledged } });
  }

  function run(rule: Rule, input: RuleInput): void {
    if (stopped) return;
    const now = clock.now();
    const result = step(rule, states.get(rule.id) ?? IDLE, input, {
      now,
      timezone: dependencies.timezone,
      location: dependencies.location,
      clockSynced: dependencies.isClockSynced(),
      newAlarmId: dependencies.newAlarmId(),
      isPaused: dependencies.isPaused?.(rule.id) ?? false,
    });
    states.set(rule.id, result.state);
    timers.get(rule.id)?.cancel();
    timers.delete(rule.id);
    if (result.wakeMs !== null) {
      const delayMs = Math.min(Math.max(1, Math.ceil(result.wakeMs - now.monotonicMs)), 60_000);
      timers.set(
        rule.id,
        clock.after(delayMs, () => run(rule, { kind: "tick" })),
      );
    }
    for (const effect of result.effects) effects.emit(effect);
    withhold(rule, result.isWithheld, now.monotonicMs);
  }

  function withhold(rule: Rule, isNow: boolean, nowMs: number): void {
    const before = withholdings.get(rule.id);
    const countedMs = before?.countedMs ?? Number.NEGATIVE_INFINITY;
    const isNew = isNow && !before?.isNow && nowMs >= countedMs + rule.cooldownSeconds * 1000;
    withholdings.set(rule.id, { isNow, countedMs: isNew ? nowMs : countedMs });
    if (isNew) withheld.emit(rule.id);
  }

  function command(kind: "acknowledge" | "clear", alarm: string): boolean {
    const rule = rules.find((candidate) => states.get(candidate.id)?.alarm?.id === alarm);
    if (rule) run(rule, { kind, alarm });
    return rule !== undefined;
  }

  return {
    effects,
    withheld,
    observe(observation) {
      const sifted = dependencies.sift?.(observation) ?? observation;
      for (const rule of rules) {
        const isSifted = sifted.kind === "presence" && heeds(rule, sifted);
        run(rule, { kind: "observation", observation: isSifted ? sifted : observation });
      }
    },
    isEscalating() {
      const nowMs = clock.now().monotonicMs;
      return rules.some(({ id, escalate }) => {
        const { alarm } = states.get(id) ?? IDLE;
        const lastMs = (escalate.at(-1)?.afterSeconds ?? 0) * 1000;
        if (!alarm || alarm.acknowledged || alarm.steps >= escalate.length) return false;
        return nowMs <= alarm.raisedMs + lastMs + STEP_GRACE_MS;
      });
    },
    acknowledge: (alarm) => command("acknowledge", alarm),
    clear: (alarm) => command("clear", alarm),
    rearm(id) {
      const rule = rules.find((candidate) => candidate.id === id);
      if (!rule) return;
      states.set(id, rearm(states.get(id) ?? IDLE));
      withholdings.delete(id);
      run(rule, { kind: "tick" });
    },
    replace(rule) {
      rules = rules.map((one) => (one.id === rule.id ? rule : one));
      run(rule, { kind: "tick" });
    },
    stop() {
      stopped = true;
      for (const timer of timers.values()) timer.cancel();
      timers.clear();
    },
  };
}
