import { isOfZone, type Pause, type PauseTarget } from "../core/pause.ts";
import type { Rule } from "../core/site.ts";
import type { Moment } from "../core/time.ts";

/** Something with an end, in this run of the gateway. */
export interface StandingSpan {
  readonly pause: Pick<Pause, "fromMs" | "durationMs" | "clock">;
  /** Monotonic time of its beginning; null when an earlier run began it and it is not known yet how much is left. */
  readonly begunMs: number | null;
  /** Monotonic time since when this run knows it. */
  readonly knownMs: number;
}

export interface StandingPause extends StandingSpan {
  readonly pause: Pause;
}

export type PauseJudgement =
  | { readonly state: "paused"; readonly leftMs: number }
  /** Not known how much is left: its rules are armed. */
  | { readonly state: "waiting"; readonly leftMs: number }
  | { readonly state: "over"; readonly why: "time" | "clock" };

/**
 * Fails towards being armed. Within the run that began it, a pause never lasts longer than its length by the monotonic
 * clock, whatever the wall clock does; a synced wall clock can only shorten it. After a restart only a wall clock that was
 * right then and is right now tells what is left: until then the rules are armed, and a pause begun by a clock that nobody
 * trusted is over.
 */
export function judgePause(
  { pause, begunMs, knownMs }: StandingSpan,
  now: Moment,
  clockSynced: boolean,
): PauseJudgement {
  const { fromMs, durationMs, clock } = pause;
  const byWallMs = clock === "synced" && clockSynced ? fromMs + durationMs - now.wallMs : durationMs;
  if (begunMs !== null) {
    const leftMs = Math.min(begunMs + durationMs - now.monotonicMs, byWallMs);
    return leftMs > 0 ? { state: "paused", leftMs } : { state: "over", why: "time" };
  }
  if (clock === "unsynced") return { state: "over", why: "clock" };
  if (!clockSynced) {
    const leftMs = knownMs + durationMs - now.monotonicMs;
    return leftMs > 0 ? { state: "waiting", leftMs } : { state: "over", why: "time" };
  }
  // A clock that shows a time before the beginning was wrong then or is wrong now.
  if (now.wallMs < fromMs) return { state: "over", why: "clock" };
  return byWallMs > 0 ? { state: "paused", leftMs: byWallMs } : { state: "over", why: "time" };
}

/** The pause with its beginning on this run's own clock, once that is known. */
export function settle<Standing extends StandingSpan>(
  standing: Standing,
  now: Moment,
  clockSynced: boolean,
): Standing {
  if (standing.begunMs !== null) return standing;
  const judgement = judgePause(standing, now, clockSynced);
  if (judgement.state !== "paused") return standing;
  return { ...standing, begunMs: now.monotonicMs + judgement.leftMs - standing.pause.durationMs };
}

/** Rules that a pause keeps from acting. */
export function rulesOf(target: PauseTarget, rules: readonly Rule[]): readonly Rule[] {
  if (target.kind === "rule") return rules.filter(({ id }) => id === target.rule);
  return rules.filter((rule) => isOfZone(rule, target));
}

export function isEmergency(rule: Rule): boolean {
  return rule.alarm?.severity === "emergency";
}

export function isSameTarget(a: PauseTarget, b: PauseTarget): boolean {
  if (a.kind === "rule") return b.kind === "rule" && a.rule === b.rule;
  return b.kind === "zone" && a.camera === b.camera && a.zone === b.zone;
}
