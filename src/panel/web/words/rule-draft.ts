import type { EditedStep, EditedWords, RuleEdit, RuleView, WrittenWindow } from "../../../core/rule-edit.ts";
import type { Condition, Escalation, Rule, Schedule, Severity } from "../../../core/site.ts";
import { clockOf } from "./rule-sentence.ts";

/** A window as its fields show it; hours as `07:30`, up to `24:00`. */
export interface WindowDraft {
  readonly days: readonly number[];
  readonly from: string;
  readonly to: string;
  readonly season?: Schedule["season"];
}

/** A rule while it is changed: what the page may change of it, and nothing else. Numbers that are not filled in are NaN. */
export interface RuleDraft {
  readonly schedule: readonly WindowDraft[];
  readonly severity?: Severity | undefined;
  readonly dwellSeconds?: number | undefined;
  readonly above?: number | undefined;
  readonly clearBelow?: number | undefined;
  readonly holdSeconds?: number | undefined;
  readonly say: readonly EditedWords[];
  readonly escalate: readonly EditedStep[];
}

/** What is changed of a rule and not yet saved. */
export interface RuleWork {
  /** The rule that the change was made on. */
  readonly base: RuleView;
  readonly draft: RuleDraft;
}

export const MOST_WINDOWS = 16;
export const LONGEST_WORDS = 200;
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
export const ALL_DAYS = [1, 2, 3, 4, 5, 6, 7];
export const WHOLE_DAY: WindowDraft = { days: ALL_DAYS, from: "00:00", to: "24:00" };
/** Hours to choose from, each quarter. */
const QUARTERS = Array.from({ length: 97 }, (_, i) => clockOf(i * 15));
const DAY_SECONDS = 86_400;

/** What a window may begin or end with, and what it has now in its place among them. */
export function hoursToChoose(end: "from" | "to", now: string): readonly string[] {
  const quarters = end === "from" ? QUARTERS.slice(0, -1) : QUARTERS.slice(1);
  return [...new Set([...quarters, now])].sort();
}

export function draftOf(rule: Rule): RuleDraft {
  const { also = [], ...first } = rule.schedule;
  return {
    schedule: [first, ...also].map(({ days, fromMinute, toMinute, season }) => ({
      days,
      from: clockOf(fromMinute % 1440),
      to: clockOf(toMinute || 1440),
      ...(season && { season }),
    })),
    severity: rule.alarm?.severity,
    ...numbersOf(rule.when),
    say: rule.say.map(({ text, repeat, volume }) => ({ text, repeat, volume })),
    escalate: rule.escalate.map(({ afterSeconds, text, repeat = 1, volume = 100 }) =>
      text === undefined ? { afterSeconds } : { afterSeconds, text, repeat, volume },
    ),
  };
}

function numbersOf(
  when: Condition,
): Pick<RuleDraft, "dwellSeconds" | "above" | "clearBelow" | "holdSeconds"> {
  if (when.kind === "person" || when.kind === "group") return { dwellSeconds: when.dwellSeconds };
  if (when.kind !== "level") return {};
  const { above, clearBelow, holdSeconds } = when;
  return { above, clearBelow, holdSeconds };
}

/** What a draft has otherwise than the rule that it was made of. */
function differences({ base, draft }: RuleWork): Partial<RuleDraft> {
  const before = draftOf(base);
  const keys = Object.keys(before) as (keyof RuleDraft)[];
  const changed = keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(draft[key]));
  return Object.fromEntries(changed.map((key) => [key, draft[key]]));
}

export function isChanged(work: RuleWork): boolean {
  return Object.keys(differences(work)).length > 0;
}

/** As the box takes it: what was changed and no more, so that two who change different things do not undo each other. */
export function editOf(work: RuleWork): RuleEdit {
  const { schedule, ...rest } = differences(work);
  return { ...rest, ...(schedule && { schedule: schedule.map(writtenWindow) }) };
}

/** As the configuration file writes it. */
export function writtenWindow({ days, from, to, season }: WindowDraft): WrittenWindow {
  return {
    days: days.length === 7 ? "all" : WEEKDAYS.filter((_, i) => days.includes(i + 1)),
    from,
    to,
    ...(season && { season: { from: writtenDate(season.from), to: writtenDate(season.to) } }),
  };
}

function writtenDate(date: number): string {
  return [Math.floor(date / 100), date % 100].map((part) => String(part).padStart(2, "0")).join("-");
}

/** The same changes on the rule as somebody else has left it meanwhile. */
export function onTopOf(theirs: RuleView, work: RuleWork): RuleWork {
  return { base: theirs, draft: { ...draftOf(theirs), ...differences(work) } };
}

/** The rule as it would be, for its sentence. */
export function ruleOf({ base, draft }: RuleWork): Rule {
  const { severity } = draft;
  return {
    ...base,
    when: { ...base.when, ...defined(draft) } as Condition,
    schedule: scheduleOf(draft.schedule),
    ...(base.alarm && severity && { alarm: { ...base.alarm, severity } }),
    say: base.say.map((words, i) => ({ ...words, ...draft.say[i] })),
    escalate: base.escalate.map((step, i) => ({ ...step, ...draft.escalate[i] }) as Escalation),
  };
}

function defined({ dwellSeconds, above, clearBelow, holdSeconds }: RuleDraft): object {
  const numbers = Object.entries({ dwellSeconds, above, clearBelow, holdSeconds });
  return Object.fromEntries(numbers.filter(([, value]) => value !== undefined));
}

/** What holds in any of these holds; none: always. */
export function scheduleOf([first = WHOLE_DAY, ...also]: readonly WindowDraft[]): Schedule {
  return { ...hoursIn(first), ...(also.length > 0 && { also: also.map(hoursIn) }) };
}

function hoursIn({ days, from, to, season }: WindowDraft): Schedule {
  const minute = (time: string): number => {
    const [hours = 0, minutes = 0] = time.split(":").map(Number);
    return hours * 60 + minutes;
  };
  return { days, fromMinute: minute(from), toMinute: minute(to), ...(season && { season }) };
}

/** Why the box would not take it, as it would say so; undefined while it would. */
export function draftFault({ base, draft }: RuleWork): string | undefined {
  const { above = 0, clearBelow = 0, dwellSeconds = 0, holdSeconds = 0 } = draft;
  const after = draft.escalate.map(({ afterSeconds }) => afterSeconds);
  const spans = [dwellSeconds, holdSeconds, ...after];
  if (![above, clearBelow].every(Number.isFinite)) return "rule.no_number";
  if (!spans.every((seconds) => seconds >= 0 && seconds <= DAY_SECONDS)) return "rule.no_number";
  if (draft.schedule.some(({ days }) => days.length === 0)) return "rule.bad_hours";
  if (clearBelow > above) return "rule.bad_levels";
  if (after.some((seconds, i) => seconds < (after[i - 1] ?? 0))) return "rule.steps_order";
  const said = [...draft.say, ...draft.escalate.filter(({ text }) => text !== undefined)];
  if (said.some(({ text = "" }) => text.trim() === "" || text.length > LONGEST_WORDS))
    return "rule.bad_words";
  const often = said.every(({ repeat = 1 }) => Number.isInteger(repeat) && repeat >= 1);
  if (!often) return "rule.no_number";
  return said.some(({ repeat = 1 }) => repeat > base.most.repeat) ? "rule.too_often" : undefined;
}
