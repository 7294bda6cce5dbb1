import type { Condition, Rule, Schedule } from "../../core/site.ts";
import type { Tried } from "../../core/zone-trial.ts";

const ALWAYS: Schedule = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 };
/** What is counted is that a rule acts; one that only speaks counts, too. */
const ANY_ALARM = { severity: "notice" } as const;

/** Id of what counts where no rule watches it. */
export const NO_RULE = "";

/** The rules that watch a zone, in whatever role, or a line. */
export function rulesOf(rules: readonly Rule[], tried: Tried): readonly Rule[] {
  return rules.filter(({ when }) => {
    if (!("camera" in when) || when.camera !== tried.camera) return false;
    return "zone" in tried
      ? zonesOf(when).includes(tried.zone)
      : when.kind === "line" && when.line === tried.line;
  });
}

/**
 * The rules as they are tried: at any time of day and never paused, because the hour that is recorded need not be one in
 * which they are armed. Where none watches it, somebody in the zone or over the line counts at once.
 */
export function triedRules(rules: readonly Rule[], tried: Tried): readonly Rule[] {
  const own = rulesOf(rules, tried);
  const all = own.length > 0 ? own : [anybody(tried)];
  return all.map((rule) => ({ ...rule, schedule: ALWAYS, alarm: rule.alarm ?? ANY_ALARM }));
}

/** How long after the last sign of somebody a rule may still act. */
export function afterMs(rules: readonly Rule[]): number {
  const seconds = rules.map(({ when }) => (when.kind === "vanished" ? when.goneSeconds : 0));
  return Math.max(0, ...seconds) * 1000 + MARGIN_MS;
}

/** Looks go on for a while before a rule is sure that they do not show somebody. */
const MARGIN_MS = 5_000;

function anybody(tried: Tried): Rule {
  const { camera } = tried;
  return {
    id: NO_RULE,
    name: "",
    when:
      "zone" in tried
        ? { kind: "person", camera, zone: tried.zone, dwellSeconds: 0 }
        : { kind: "line", camera, line: tried.line, direction: "both" },
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
