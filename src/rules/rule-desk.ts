import type { BroadcastSource } from "../core/broadcast.ts";
import { errorCode, GatewayError } from "../core/errors.ts";
import type { Ledger } from "../core/event.ts";
import { type HornLimits, mostVolume } from "../core/horn-limits.ts";
import type { Logger } from "../core/log.ts";
import type { PartHealth } from "../core/part.ts";
import {
  fixedOf,
  type Rehearse,
  type ReviseRule,
  type RuleChange,
  type RuleDesk,
  type RuleEdit,
  type RuleView,
} from "../core/rule-edit.ts";
import { saysOf, spokenPart } from "../core/rule-words.ts";
import { createSignal, type Signal } from "../core/signals.ts";
import type { Rule, SayAction } from "../core/site.ts";
import { faultOfText } from "../core/spoken-text.ts";
import { createTurns } from "../core/turns.ts";

export interface RuleDeskDependencies {
  readonly ledger: Pick<Ledger, "append">;
  readonly revise: ReviseRule;
  /** Whether the speakers can say it. @throws GatewayError as they do. */
  readonly rehearse: Rehearse;
  readonly limits: HornLimits;
  readonly log: Logger;
}

export interface StandingRules extends RuleDesk {
  health(): PartHealth;
  /** As they act now, in the order of the configuration. */
  rules(): readonly Rule[];
  /** A rule that is another one now. */
  readonly changes: Signal<Rule>;
}

interface Standing {
  readonly configured: Rule;
  readonly now: Rule;
  readonly last?: RuleChange | undefined;
  /** What was changed does not fit the configuration any more. */
  readonly isLeftOut: boolean;
}

/** Holds the rules as they are configured and changed. @param last what was done to each in earlier runs. */
export function createRuleDesk(
  { ledger, revise, rehearse, limits, log }: RuleDeskDependencies,
  configured: readonly Rule[],
  last: readonly RuleChange[],
): StandingRules {
  const changes = createSignal<Rule>();
  const standing = new Map(
    configured.map((rule) => [
      rule.id,
      carried(
        rule,
        last.find((one) => one.rule === rule.id),
      ),
    ]),
  );
  /** Of two for one rule the second is told of the first. */
  const writers = createTurns(1);

  /** What was changed once may not fit what the site is now: then what is configured holds. */
  function carried(rule: Rule, change: RuleChange | undefined): Standing {
    if (!change?.edit) return { configured: rule, now: rule, last: change, isLeftOut: false };
    try {
      return { configured: rule, now: revise(rule.id, change.edit), last: change, isLeftOut: false };
    } catch (error) {
      log.warn({ rule: rule.id, code: errorCode(error) }, "what was changed of a rule is left out");
      return { configured: rule, now: rule, last: change, isLeftOut: true };
    }
  }

  function find(id: string): Standing {
    const found = standing.get(id);
    if (!found) throw refused("rule.unknown", `there is no rule ${id}`);
    return found;
  }

  function hold(next: Standing): RuleView {
    standing.set(next.configured.id, next);
    changes.emit(next.now);
    return viewOf(next);
  }

  const tell = (what: "edited" | "restored", rule: string, data: Readonly<Record<string, unknown>>) =>
    ledger.append({
      type: `org.cunshao.rule.${what}`,
      class: "audit",
      subject: rule,
      data: { rule, ...data },
    });

  async function edit(id: string, version: number, wanted: RuleEdit, by: BroadcastSource): Promise<RuleView> {
    const { configured: rule, now, last: before, isLeftOut } = find(id);
    if (version !== (before?.version ?? 0)) {
      throw refused("rule.changed", `the rule was changed meanwhile by ${before?.by.name ?? "nobody"}`);
    }
    const whole = { ...(isLeftOut ? undefined : before?.edit), ...wanted };
    const next = revise(id, whole);
    const said = saysOf(next).filter((words) => !saysOf(now).some(({ text }) => text === words.text));
    checkWords(said);
    checkLimits(next, now);
    await rehearse(said);
    const { seq, time } = await tell("edited", id, { changed: Object.keys(wanted), edit: whole, by });
    return hold({
      configured: rule,
      now: next,
      last: { rule: id, version: seq, at: time, by, edit: whole },
      isLeftOut: false,
    });
  }

  async function restore(id: string, by: BroadcastSource): Promise<RuleView> {
    const found = find(id);
    if (!found.last?.edit) return viewOf(found);
    const { seq, time } = await tell("restored", id, { by });
    const { configured: rule } = found;
    return hold({
      configured: rule,
      now: rule,
      last: { rule: id, version: seq, at: time, by },
      isLeftOut: false,
    });
  }

  function checkLimits(next: Rule, now: Rule): void {
    const most = mostOf(next);
    const spoken = [...next.say, ...next.escalate];
    const loudest = [...most.say, ...most.escalate];
    const before = [...now.say, ...now.escalate];
    spoken.forEach(({ volume = 0, repeat = 0 }, i) => {
      // What the configuration says already is the guards' to hold, not a reason to refuse other words.
      if (volume > (loudest[i] ?? 100) && volume !== before[i]?.volume) {
        throw refused("rule.too_loud", `at most ${loudest[i]}: its speakers are never louder for it`);
      }
      if (repeat > most.repeat && repeat !== before[i]?.repeat) {
        throw refused("rule.too_often", `words are said at most ${most.repeat} times`);
      }
    });
  }

  function mostOf({ say, escalate }: Rule): RuleView["most"] {
    const of = (words: SayAction | undefined): number =>
      words ? mostVolume(limits, words.emergency ? "emergency" : "rule", words.speakers) : 0;
    return {
      say: say.map(of),
      escalate: escalate.map((step) => of(spokenPart(step))),
      repeat: limits.mostRepeats,
    };
  }

  function viewOf({ now, last: change, isLeftOut }: Standing): RuleView {
    const state = isLeftOut ? "left-out" : change?.edit ? "edited" : "restored";
    return {
      ...now,
      version: change?.version ?? 0,
      ...(change && { changed: { by: change.by.name, at: change.at, state } }),
      fixed: fixedOf(now),
      most: mostOf(now),
    };
  }

  return {
    changes,
    health() {
      const isWhole = [...standing.values()].every(({ isLeftOut }) => !isLeftOut);
      return isWhole
        ? { name: "rules", status: "ok" }
        : { name: "rules", status: "degraded", reason: "rule.left_out" };
    },
    rules: () => [...standing.values()].map(({ now }) => now),
    list: () => [...standing.values()].map(viewOf),
    edit: (rule, version, wanted, by) => writers.take(() => edit(rule, version, wanted, by)),
    restore: (rule, by) => writers.take(() => restore(rule, by)),
  };
}

/** The site, with its rules as they are whenever they are asked for. */
export function withRulesNow<Site extends { readonly rules: readonly Rule[] }>(
  site: Site,
  { rules }: Pick<StandingRules, "rules">,
): Site {
  return {
    ...site,
    get rules() {
      return rules();
    },
  };
}

function checkWords(says: readonly SayAction[]): void {
  const code = says.map(({ text }) => faultOfText(text)).find((fault) => fault !== undefined);
  if (code) throw refused(code, "words that cannot be said");
}

function refused(code: string, message: string): GatewayError {
  return new GatewayError(message, { code, kind: "permanent" });
}
