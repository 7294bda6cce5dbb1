import { GatewayError } from "../core/errors.ts";
import type { ProfileCatalogue } from "../core/profiles.ts";
import { fixedOf, type ReviseRule, type RuleEdit } from "../core/rule-edit.ts";
import type { Rule } from "../core/site.ts";
import { resolveRule } from "./configuration.ts";
import { formatPath } from "./problems.ts";
import { checkReferences } from "./references.ts";
import { rule as ruleSchema } from "./rules.ts";
import type { SiteFile } from "./schema.ts";
import { issueProblems } from "./schema-problems.ts";
import { expandGroups } from "./speaker-groups.ts";
import { checkPhrases } from "./wiring.ts";

type Written = Readonly<Record<string, unknown>>;
type FileRule = SiteFile["rules"][number];

/** What is wrong, by the first name on the way to it that tells. */
const CODES: Readonly<Record<string, string | undefined>> = {
  schedule: "rule.bad_hours",
  above: "rule.bad_levels",
  clearBelow: "rule.bad_levels",
  say: "rule.bad_words",
};

/**
 * Writes an edit into the rule as the file has it, and checks that as the file is checked.
 * @param value of the whole file, as it was read. @param file the same, in order.
 */
export function createRuleReviser(value: unknown, file: SiteFile, profiles: ProfileCatalogue): ReviseRule {
  const rules = ((value as Written)["rules"] ?? []) as readonly Written[];
  return (id, edit) => {
    const index = file.rules.findIndex((one) => one.id === id);
    const [found, configured] = [rules[index], file.rules[index]];
    if (!found || !configured) throw refused("rule.unknown", `there is no rule ${id}`);
    checkFit(resolveRule(configured), edit);
    const value = revised(found, configured, edit);
    const parsed = ruleSchema.safeParse(value, { reportInput: true });
    if (!parsed.success) {
      const written = { file: id, value, lineOf: () => undefined };
      const [problem] = parsed.error.issues.flatMap((issue) => issueProblems(written, issue));
      throw misfit(problem?.path ?? "", problem?.expected ?? "");
    }
    const whole = { ...file, rules: file.rules.map((one, i) => (i === index ? parsed.data : one)) };
    const expanded = expandGroups(whole);
    const [problem] = [...checkReferences(whole, profiles), ...checkPhrases(expanded, profiles)].filter(
      ({ path }) => path[0] === "rules" && path[1] === index,
    );
    if (problem) throw misfit(formatPath(problem.path.slice(2)), problem.expected);
    return resolveRule(expanded.rules[index] ?? parsed.data);
  };
}

/** An edit names what the rule has and no more: it never makes another rule of it. */
function checkFit(rule: Rule, { schedule, severity, say, escalate, ...when }: RuleEdit): void {
  const { dwellSeconds, above, clearBelow, holdSeconds } = when;
  const { kind } = rule.when;
  const fixed = fixedOf(rule);
  if (schedule && fixed.includes("schedule")) throw refused("rule.fixed", "this rule acts at any hour");
  // What passes every pause and every quiet hour is made by whoever writes the configuration.
  if (severity && (fixed.includes("severity") || severity === "emergency")) {
    throw refused("rule.fixed", "an emergency, and a rule without an alarm, stay as they are configured");
  }
  const isOfLevels = [above, clearBelow, holdSeconds].some((one) => one !== undefined);
  const fits = [
    !isOfLevels || kind === "level",
    dwellSeconds === undefined || kind === "person" || kind === "group",
    !say || say.length === rule.say.length,
    !escalate || escalate.length === rule.escalate.length,
    (escalate ?? []).every(({ text }, i) => (text === undefined) === (rule.escalate[i]?.text === undefined)),
  ];
  if (fits.includes(false)) throw refused("rule.misfit", "the rule has no such part to be changed");
  const seconds = (escalate ?? []).map(({ afterSeconds }) => afterSeconds);
  if (seconds.some((after, i) => after < (seconds[i - 1] ?? 0))) {
    throw refused("rule.steps_order", "a step comes before the one that it follows");
  }
}

function revised(found: Written, { when, then, escalate }: FileRule, edit: RuleEdit): Written {
  const saying = then.flatMap(({ kind }, i) => (kind === "say" ? [i] : []));
  // The file may have its steps in any order; an edit has them in the order of time.
  const stepping = escalate.map((_, i) => i).sort((a, b) => afterOf(escalate, a) - afterOf(escalate, b));
  const actions = found["then"] as readonly Written[];
  const steps = (found["escalate"] ?? []) as readonly Written[];
  return {
    ...found,
    ...(edit.schedule && { schedule: edit.schedule }),
    when: revisedCondition(found["when"] as Written, when.kind, edit),
    // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
    then: actions.map((action, i) => {
      const words = edit.say?.[saying.indexOf(i)];
      if (words) return { ...action, say: words.text, repeat: words.repeat, volume: words.volume };
      return edit.severity && then[i]?.kind === "alarm"
        ? { ...action, alarm: { severity: edit.severity } }
        : action;
    }),
    escalate: steps.map((step, i) => {
      const { afterSeconds, text, repeat, volume } = edit.escalate?.[stepping.indexOf(i)] ?? {};
      return {
        ...step,
        ...(afterSeconds !== undefined && { afterSeconds }),
        ...(text !== undefined && { say: text }),
        ...(repeat !== undefined && { repeat }),
        ...(volume !== undefined && { volume }),
      };
    }),
  };
}

function revisedCondition(
  written: Written,
  kind: FileRule["when"]["kind"],
  { dwellSeconds, above, clearBelow, holdSeconds }: RuleEdit,
): Written {
  if (kind === "level") {
    return {
      ...written,
      ...(above !== undefined && { above }),
      ...(clearBelow !== undefined && { clearBelow }),
      ...(holdSeconds !== undefined && { holdSeconds }),
    };
  }
  if (dwellSeconds === undefined) return written;
  return { [kind]: { ...(written[kind] as Written), dwellSeconds } };
}

function afterOf(steps: FileRule["escalate"], index: number): number {
  return steps[index]?.afterSeconds ?? 0;
}

function misfit(path: string, expected: string): GatewayError {
  const steps = path.split(/[.[\]]+/);
  const code = steps.map((step) => CODES[step]).find((one) => one !== undefined) ?? "rule.invalid";
  return refused(code, `${path}: ${expected}`);
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
