import type { ReplayedAlarm, RuleReplay } from "../core/clip.ts";
import type { Observation } from "../core/observation.ts";
import type { Rule } from "../core/site.ts";
import type { Moment } from "../core/time.ts";
import { IDLE, type RuleState } from "./rule-state.ts";
import { type RuleContext, type RuleInput, step } from "./step.ts";

/** Where and by what clock it was filmed, as far as that is known. */
export type ReplayPlace = Pick<RuleContext, "timezone" | "location" | "clockSynced">;

const NOWHERE: ReplayPlace = { timezone: "UTC", clockSynced: false };

/** @param place without one no schedule is kept: what was filmed then says nothing of the time of day. */
export function createReplay(rule: Rule, place: ReplayPlace = NOWHERE): RuleReplay {
  const raised: ReplayedAlarm[] = [];
  let state: RuleState = IDLE;
  let wakeMs: number | null = null;
  let alarms = 0;

  function run(input: RuleInput, now: Moment): void {
    const result = step(rule, state, input, { ...place, now, newAlarmId: `alarm-${alarms + 1}` });
    state = result.state;
    wakeMs = result.wakeMs === null ? null : Math.max(now.monotonicMs + 1, Math.ceil(result.wakeMs));
    for (const effect of result.effects) {
      if (effect.kind !== "raise") continue;
      alarms++;
      raised.push({ at: now, boxes: boxesOf(effect.alarm.because) });
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

function boxesOf(because: Observation): ReplayedAlarm["boxes"] {
  if (because.kind === "presence") return because.boxes;
  if (because.kind === "tracks") return because.tracks.map(({ box }) => box);
  return because.kind === "crossing" ? [because.box] : [];
}
