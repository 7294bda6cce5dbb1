import type { Polygon } from "../../../core/geometry.ts";
import type { SumHours } from "../../../core/growth.ts";
import { outlineFault } from "../../../core/outline.ts";
import type { EditedWords } from "../../../core/rule-edit.ts";
import type { SetUpChange, WrittenEntry } from "../../../core/set-up.ts";
import type { Condition, Rule, Severity } from "../../../core/site.ts";
import type { CameraView, VillageState } from "../../../core/village.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { isRain } from "./rain-words.ts";
import { LONGEST_WORDS, scheduleOf, WHOLE_DAY, type WindowDraft, writtenWindow } from "./rule-draft.ts";
import type { NamedThings } from "./rule-sentence.ts";

/** What a new rule may watch. */
export const WATCHED = ["person", "line", "level", "contact"] as const;
export type Watched = (typeof WATCHED)[number];
/** Of zones: none that is there, one that is drawn for the rule. */
export const NEW_ZONE = "";
export const MOST_REPEATS = 10;
export const LONGEST_NAME = 60;
const DAY_SECONDS = 86_400;

/** Ids are sent again as they are where an answer got lost. */
export interface NewRuleIds {
  readonly id: string;
  /** Of the zone, where one is drawn for the rule. */
  readonly zoneId: string;
}

export interface OutlineDraft {
  readonly name?: string | undefined;
  readonly polygon: Polygon;
}

/** A new rule as far as somebody has filled it in: for what is absent the likeliest stands. Numbers that are not filled in are NaN. */
export interface NewRuleDraft extends NewRuleIds {
  readonly watched?: Watched;
  readonly camera?: string;
  readonly zone?: string | undefined;
  /** Zones drawn for it, by camera. */
  readonly outlines?: Readonly<Record<string, OutlineDraft>>;
  readonly dwellSeconds?: number;
  readonly line?: string;
  readonly direction?: "in" | "out" | "both";
  readonly sensor?: string;
  readonly above?: number;
  readonly clearBelow?: number;
  readonly holdSeconds?: number;
  readonly overHours?: SumHours;
  readonly input?: string;
  readonly speakers?: readonly string[];
  readonly words?: EditedWords;
  readonly severity?: Severity;
  readonly schedule?: readonly WindowDraft[];
  readonly name?: string;
}

/** Whether nothing of it was filled in by anybody. */
export function isUntouched({ id: _id, zoneId: _zone, ...rest }: NewRuleDraft): boolean {
  return Object.values(rest).every((value) => value === undefined);
}

export interface NewZone {
  readonly camera: string;
  readonly id: string;
  readonly name: string;
  readonly polygon: Polygon;
}

/** With everything that is needed, in order or not: see `newRuleFault`. */
export interface FilledRule {
  readonly id: string;
  readonly name: string;
  readonly when: Condition;
  /** The one that `when` speaks of, where it is not there yet. */
  readonly zone?: NewZone | undefined;
  /** None: nothing is said. */
  readonly speakers: readonly string[];
  readonly words: EditedWords;
  readonly severity: Severity;
  readonly schedule: readonly WindowDraft[];
}

type Say = (phrase: Phrase) => string;
type Watchable = Pick<VillageState, "cameras" | "sensors" | "inputs" | "speakers">;
type Named = { readonly id: string; readonly name: string };

/** What there is to watch. */
export function watchedIn({ cameras, sensors, inputs }: Watchable): readonly Watched[] {
  const has = {
    person: cameras.length > 0,
    line: linesIn(cameras).length > 0,
    level: sensors.length > 0,
    contact: inputs.length > 0,
  };
  return WATCHED.filter((one) => has[one]);
}

/** Lines that a rule can name: those of the configuration (ADR 45). */
export function linesIn(
  cameras: readonly CameraView[],
): readonly (Named & { readonly camera: CameraView })[] {
  return cameras.flatMap((camera) =>
    (camera.lines ?? []).flatMap(({ id, name, added }) => (added ? [] : [{ id, name, camera }])),
  );
}

/** The rule with what was filled in, and with what is likeliest for the rest; undefined where there is nothing to watch. */
export function filledIn(draft: NewRuleDraft, village: Watchable, say: Say): FilledRule | undefined {
  const possible = watchedIn(village);
  const watched = possible.find((one) => one === draft.watched) ?? possible[0];
  const subject = watched && subjectOf(watched, draft, village, say);
  if (!subject) return undefined;
  const { when, zone, place, name, text } = subject;
  const horns = village.speakers.map(({ speaker, name: called }) => ({ id: speaker, name: called }));
  const { words = { text: say(text), repeat: 2, volume: 80 }, schedule = [WHOLE_DAY] } = draft;
  return {
    id: draft.id,
    name: draft.name ?? say(name).slice(0, LONGEST_NAME),
    ...{ when, zone, words, schedule },
    speakers: draft.speakers?.filter((id) => horns.some((one) => one.id === id)) ?? nearest(place, horns),
    severity: draft.severity ?? "warning",
  };
}

interface Subject {
  readonly when: Condition;
  readonly zone?: NewZone | undefined;
  /** What its horn may be called after. */
  readonly place: string;
  /** What the rule may be called. */
  readonly name: Phrase;
  /** What may be said. */
  readonly text: Phrase;
}

function subjectOf(watched: Watched, draft: NewRuleDraft, village: Watchable, say: Say): Subject | undefined {
  const text = phrase("speak.presetTexts.0");
  switch (watched) {
    case "person": {
      const likely = village.cameras.find(({ zones }) => zones.length > 0);
      const camera = village.cameras.find(({ id }) => id === draft.camera) ?? likely ?? village.cameras[0];
      return camera && personSubject(camera, draft, text, say);
    }
    case "line": {
      const line = chosen(linesIn(village.cameras), draft.line);
      if (!line) return undefined;
      const { direction = "both" } = draft;
      const name = phrase("newRule.names.line", { line: line.name });
      const when = { kind: "line" as const, camera: line.camera.id, line: line.id, direction };
      return { when, place: line.camera.name, name, text };
    }
    case "level": {
      const sensor = chosen(village.sensors, draft.sensor);
      if (!sensor) return undefined;
      const { above = Number.NaN, clearBelow = Number.NaN, holdSeconds = 0, overHours = 1 } = draft;
      const rain = isRain(sensor) && { overHours };
      return {
        when: { kind: "level", sensor: sensor.id, above, clearBelow, holdSeconds, ...rain },
        place: sensor.name,
        name: phrase(rain ? "newRule.names.rain" : "newRule.names.level", { sensor: sensor.name }),
        text: rain ? phrase("speak.presetTexts.2") : text,
      };
    }
    case "contact": {
      const input = chosen(village.inputs, draft.input);
      if (!input) return undefined;
      const name = phrase("newRule.names.contact", { input: input.name });
      return { when: { kind: "contact", input: input.id, closed: true }, place: input.name, name, text };
    }
  }
}

function personSubject(camera: CameraView, draft: NewRuleDraft, text: Phrase, say: Say): Subject {
  const { dwellSeconds = 3, outlines = {}, zoneId } = draft;
  const there = draft.zone === NEW_ZONE ? undefined : chosen(camera.zones, draft.zone);
  const { name, polygon = [] } = outlines[camera.id] ?? {};
  const number = camera.zones.length + 1;
  const called = name ?? say(phrase("zone.newName", { number }));
  const zone = there ? undefined : { camera: camera.id, id: zoneId, name: called, polygon };
  return {
    when: { kind: "person", camera: camera.id, zone: there?.id ?? zoneId, dwellSeconds },
    zone,
    place: camera.name,
    name: phrase("newRule.names.person", { place: `${camera.name}${there?.name ?? called}` }),
    text,
  };
}

function chosen<One extends { readonly id: string }>(
  all: readonly One[],
  id: string | undefined,
): One | undefined {
  return all.find((one) => one.id === id) ?? all[0];
}

/** The horn whose name begins as the place's does for longest, or the first. */
function nearest(place: string, horns: readonly Named[]): readonly string[] {
  const alike = ({ name }: Named): number => {
    const end = [...name].findIndex((sign, index) => [...place][index] !== sign);
    return end < 0 ? name.length : end;
  };
  const [first, ...more] = horns;
  return first ? [more.reduce((best, one) => (alike(one) > alike(best) ? one : best), first).id] : [];
}

/** Why the box would not take it, as it would say so; undefined while it would. */
export function newRuleFault({
  when,
  zone,
  speakers,
  words,
  schedule,
  name,
}: FilledRule): string | undefined {
  if (zone) {
    const outline = outlineFault(zone.polygon);
    if (outline) return `outline.${outline.kind}`;
    if (zone.name.trim() === "") return "new_rule.zone_unnamed";
  }
  const fault = numbersFault(when);
  if (fault) return fault;
  if (schedule.some(({ days }) => days.length === 0)) return "rule.bad_hours";
  if (speakers.length > 0) {
    const text = spokenText(words.text);
    if (text === "" || text.length > LONGEST_WORDS) return "rule.bad_words";
    if (!Number.isInteger(words.repeat) || words.repeat < 1) return "rule.no_number";
    if (words.repeat > MOST_REPEATS) return "rule.too_often";
  }
  return name.trim() === "" ? "new_rule.unnamed" : undefined;
}

function numbersFault(when: Condition): string | undefined {
  const isSpan = (seconds: number): boolean => seconds >= 0 && seconds <= DAY_SECONDS;
  if (when.kind === "person") return isSpan(when.dwellSeconds) ? undefined : "new_rule.no_seconds";
  if (when.kind !== "level") return undefined;
  if (![when.above, when.clearBelow].every(Number.isFinite)) return "new_rule.no_level";
  if (when.clearBelow > when.above) return "rule.bad_levels";
  return isSpan(when.holdSeconds) ? undefined : "new_rule.no_seconds";
}

/** A text field holds line ends, which no voice says. */
function spokenText(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}

/** What it would do, for its sentence. */
export function ruleOf({ id, name, when, speakers, words, severity, schedule }: FilledRule): Rule {
  return {
    ...{ id, name, when, schedule: scheduleOf(schedule), cooldownSeconds: 30 },
    say: speakers.length > 0 ? [{ ...words, speakers }] : [],
    alarm: { severity },
    escalate: [],
  };
}

/** What the names of its sentence are looked up in, its new zone among them. */
export function namedWith({ zone }: FilledRule, named: NamedThings): NamedThings {
  if (!zone) return named;
  const { camera, ...drawn } = zone;
  const cameras = named.cameras.map((one) =>
    one.id === camera ? { ...one, zones: [...one.zones, drawn] } : one,
  );
  return { ...named, cameras };
}

/** As the configuration would have it: the zone, where it is new, before the rule that names it. */
export function newRuleChanges(rule: FilledRule): readonly SetUpChange[] {
  const { id, name, when, zone, speakers, words, severity, schedule } = rule;
  const says = { say: spokenText(words.text), on: speakers, repeat: words.repeat, volume: words.volume };
  const entry = {
    name: name.trim(),
    when: writtenCondition(when),
    schedule: schedule.map(writtenWindow),
    // biome-ignore lint/suspicious/noThenProperty: the key is the configuration's own word
    then: [...(speakers.length > 0 ? [says] : []), { alarm: { severity } }],
  };
  return [...(zone ? [newZoneChange(zone)] : []), { list: "rules", id, entry }];
}

export function newZoneChange({ camera, id, name, polygon }: NewZone): SetUpChange {
  return { list: "zones", camera, id, entry: { name: name.trim(), polygon } };
}

function writtenCondition({ kind, ...rest }: Condition): WrittenEntry {
  if (kind === "contact") return rest;
  if (kind !== "level") return { [kind]: rest };
  const { overHours: hours, ...level } = rest as Omit<Extract<Condition, { kind: "level" }>, "kind">;
  return { ...level, ...(hours !== undefined && { over: { hours } }) };
}
