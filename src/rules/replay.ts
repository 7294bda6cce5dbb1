import type { RuleReplay } from "../core/clip.ts";
import type { Rule } from "../core/site.ts";
import type { Moment } from "../core/time.ts";
import { IDLE, type RuleState } from "./rule-state.ts";
import { type RuleInput, step } from "./step.ts";

/** The schedule is not kept: what was filmed says nothing of the time of day. */
export function createReplay(rule: Rule): RuleReplay {
  const raised: Moment[] = [];
  let state: RuleState = IDLE;
  let wakeMs: number | null = null;
  let alarms = 0;

  function run(input: RuleInput, now: Moment): void {
    const newAlarmId = `alarm-${alarms + 1}`;
    const result = step(rule, state, input, { now, timezone: "UTC", clockSynced: false, newAlarmId });
    state = result.state;
    wakeMs = result.wakeMs === null ? null : Math.max(now.monotonicMs + 1, Math.ceil(result.wakeMs));
    for (const effect of result.effects) {
      if (effect.kind !== "raise") continue;
      alarms++;
      raised.push(now);
    }
  }

  function advance(now: Moment): void {
    while (wakeMs !== null && wakeMs <= now.monotonicMs) {
      const sinceMs = wakeMs - now.monotonicMs;
      run({ kind: "tick" }, { monotonicMs: wakeMs, wallMs: now.wallMs + sinceMs });
    }
  }

  return {
    raised,
    advance,
    observe(observation, now) {
      advance(now);
      run({ kind: "observation", observation }, now);
    },
  };
}
