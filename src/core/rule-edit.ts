import type { BroadcastSource } from "./broadcast.ts";
import type { Rule, SayAction, Severity } from "./site.ts";

// Rules as they are now: changed on the page, over what the configuration says of them. What is changed is told in the
// configuration's own words, so that one schema checks both.

/** When a rule acts, as the configuration file writes it. */
export interface WrittenWindow {
  readonly days: "all" | readonly string[];
  /** `07:30`, up to `24:00`; `from` after `to` runs over midnight. */
  readonly from: string;
  readonly to: string;
  /** Days of the year, `07-01`. */
  readonly season?: { readonly from: string; readonly to: string } | undefined;
}

export interface EditedWords {
  readonly text: string;
  readonly repeat: number;
  readonly volume: number;
}

/** A step keeps what it does; words only where it has some. */
export interface EditedStep {
  readonly afterSeconds: number;
  readonly text?: string | undefined;
  readonly repeat?: number | undefined;
  readonly volume?: number | undefined;
}

/** What of a rule is otherwise than the configuration has it; absent: as configured. */
export interface RuleEdit {
  readonly schedule?: readonly WrittenWindow[] | undefined;
  readonly severity?: Severity | undefined;
  /** Of rules that watch people who stay. */
  readonly dwellSeconds?: number | undefined;
  /** Of rules that watch a sensor, in its unit. */
  readonly above?: number | undefined;
  readonly clearBelow?: number | undefined;
  readonly holdSeconds?: number | undefined;
  /** All that the rule says at once, in its order. */
  readonly say?: readonly EditedWords[] | undefined;
  /** All its steps, in their order in time. */
  readonly escalate?: readonly EditedStep[] | undefined;
}

/** The last that somebody did to a rule on the page. */
export interface RuleChange {
  readonly rule: string;
  /** Position of the event in the ledger. */
  readonly version: number;
  /** ISO time. */
  readonly at: string;
  readonly by: BroadcastSource;
  /** Absent: put back as configured. */
  readonly edit?: RuleEdit | undefined;
}

export interface RuleEditBook {
  /** At most one of each rule. */
  latest(): Promise<RuleChange[]>;
}

export interface RuleView extends Rule {
  /** Another one with each change on the page; 0 as long as nobody made any. */
  readonly version: number;
  /** Absent while nobody changed it. `left-out`: what was changed does not fit the configuration any more, which holds instead. */
  readonly changed?:
    | { readonly by: string; readonly at: string; readonly state: "edited" | "restored" | "left-out" }
    | undefined;
  /** What of it the page does not change. */
  readonly fixed: readonly ("schedule" | "severity")[];
  /** How loud its speakers ever are for it, and how often words are said at most. */
  readonly most: {
    readonly say: readonly number[];
    readonly escalate: readonly number[];
    readonly repeat: number;
  };
}

/**
 * The rule as an edit would have it, checked as if it stood in the file.
 * @throws GatewayError `rule.unknown`, `rule.misfit`, `rule.*` (permanent).
 */
export type ReviseRule = (rule: string, edit: RuleEdit) => Rule;

export interface RuleDesk {
  /** In the order of the configuration. */
  list(): readonly RuleView[];
  /**
   * Changes a rule beyond what was changed before; holds at once, when it is on disk.
   * @param version that the change was made on.
   * @throws GatewayError `rule.changed`, `rule.*`, `broadcast.text_*`, `speech.*` (permanent), `ledger.*`.
   */
  edit(rule: string, version: number, edit: RuleEdit, by: BroadcastSource): Promise<RuleView>;
  /** Puts back what the configuration says; harmless where that holds. @throws GatewayError `rule.unknown`, `ledger.*`. */
  restore(rule: string, by: BroadcastSource): Promise<RuleView>;
}

/** A call for help is heard at any hour and as what it is. */
export function fixedOf({ alarm, when }: Pick<Rule, "alarm" | "when">): RuleView["fixed"] {
  if (alarm?.severity === "emergency") return ["schedule", "severity"];
  return alarm && when.kind !== "vanished" ? [] : ["severity"];
}

/** Words to be said: none that nobody could pronounce may be put into a rule. */
export type Rehearse = (says: readonly SayAction[]) => Promise<void>;
