import type { Condition, Rule, Schedule } from "../../core/site.ts";

const ALWAYS: Schedule = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 };
/** What is counted is that a rule acts; one that only speaks counts, too. */
const ANY_ALARM = { severity: "notice" } as const;

/** Id of what counts where no rule watches the zone. */
export const NO_RULE = "";

export interface TriedZone {
  readonly camera: string;
  readonly zone: string;
}

/** The rules that watch a zone, in whatever role. */
export function rulesOf(rules: readonly Rule[], tried: TriedZone): readonly Rule[] {
  return rules.filter(({ when }) => zonesOf(when).some((zone) => isTried(when, zone, tried)));
}

/**
 * The rules as they are tried: at any time of day and never paused, because the hour that is recorded need not be one in
 * which they are armed. Where none watches the zone, somebody in it counts at once.
 */
export function triedRules(rules: readonly Rule[], tried: TriedZone): readonly Rule[] {
  const own = rulesOf(rules, tried);
  const all = own.length > 0 ? own : [anybodyIn(tried)];
  return all.map((rule) => ({ ...rule, schedule: ALWAYS, alarm: rule.alarm ?? ANY_ALARM }));
}

/** How long after the last sign of somebody a rule may still act. */
export function afterMs(rules: readonly Rule[]): number {
  const seconds = rules.map(({ when }) => (when.kind === "vanished" ? when.goneSeconds : 0));
  return Math.max(0, ...seconds) * 1000 + MARGIN_MS;
}

/** Looks go on for a while before a rule is sure that they do not show somebody. */
const MARGIN_MS = 5_000;

function anybodyIn({ camera, zone }: TriedZone): Rule {
  return {
    id: NO_RULE,
    name: "",
    when: { kind: "person", camera, zone, dwellSeconds: 0 },
    schedule: ALWAYS,
    cooldownSeconds: 0,
    say: [],
    escalate: [],
  };
}

function zonesOf(when: Condition): readonly string[] {
  if (when.kind === "passage") return [when.from, when.to];
  return "zone" in when ? [when.zone] : [];
}

function isTried(when: Condition, zone: string, tried: TriedZone): boolean {
  return "camera" in when && when.camera === tried.camera && zone === tried.zone;
}
