import type { Rule, SayAction, Schedule } from "../../../core/site.ts";
import type { VillageState } from "../../../core/village.ts";
import { type Phrase, phrase } from "./phrase.ts";

/** What a rule's names are looked up in. */
export type NamedThings = Pick<VillageState, "cameras" | "sensors" | "inputs" | "speakers" | "switches">;

type Say = (phrase: Phrase) => string;
type Spoken = Pick<SayAction, "text" | "speakers" | "repeat" | "volume">;

/** What a rule does, as one sentence. `say` turns a phrase into text. */
export function ruleSentence(rule: Rule, named: NamedThings, say: Say): string {
  const clauses = [
    raises(rule, named, say),
    ...clears(rule, named, say),
    hoursOf(rule.schedule, say),
    ...rule.say.map((words) => spoken(words, named, say)),
    ...(rule.switchOn ?? []).map((action) => switched(action, named, say)),
    ...(rule.look ?? []).map(({ camera, preset }) =>
      say(phrase("rule.looks", { camera: nameOf(named.cameras, camera), preset })),
    ),
    ...rule.escalate.map((step) => escalated(rule, step, named, say)),
  ];
  return clauses.join(say(phrase("rule.join"))) + say(phrase("rule.end"));
}

/** Seconds, or minutes where they are whole. */
export function durationPhrase(seconds: number): Phrase {
  const isMinutes = seconds >= 120 && seconds % 60 === 0;
  return isMinutes
    ? phrase("rule.minutes", { count: seconds / 60 })
    : phrase("rule.seconds", { count: seconds });
}

/** Where these are, as the village calls them. */
export function speakersPhrase(speakers: readonly string[], named: NamedThings, say: Say): string {
  const known = named.speakers.map(({ speaker, name }) => ({ id: speaker, name }));
  return speakers.map((id) => nameOf(known, id)).join(say(phrase("rule.and")));
}

function raises({ when, alarm }: Rule, named: NamedThings, say: Say): string {
  const condition = say(conditionPhrase(when, named, say));
  if (!alarm) return condition;
  return say(phrase("rule.raises", { when: condition, severity: say(severityPhrase(alarm.severity)) }));
}

function severityPhrase(severity: NonNullable<Rule["alarm"]>["severity"]): Phrase {
  return phrase(`severity.${severity}`);
}

function conditionPhrase(when: Rule["when"], named: NamedThings, say: Say): Phrase {
  const time = (seconds: number): string => say(durationPhrase(seconds));
  switch (when.kind) {
    case "person": {
      const place = placeOf(when, named);
      if (when.dwellSeconds === 0) return phrase("rule.person", { place });
      return phrase("rule.personStays", { place, time: time(when.dwellSeconds) });
    }
    case "group": {
      const { people, dwellSeconds } = when;
      return phrase("rule.group", { place: placeOf(when, named), people, time: time(dwellSeconds) });
    }
    case "vanished": {
      const { goneSeconds, lyingSeconds } = when;
      const [gone, lying] = [time(goneSeconds), time(lyingSeconds)];
      return phrase("rule.vanished", { place: placeOf(when, named), gone, lying });
    }
    case "passage": {
      const zone = (id: string): string => zoneName(when.camera, id, named);
      const place = nameOf(named.cameras, when.camera);
      const [from, to] = [zone(when.from), zone(when.to)];
      return phrase("rule.passage", { place, from, to, time: time(when.withinSeconds) });
    }
    case "line": {
      const camera = named.cameras.find(({ id }) => id === when.camera);
      const keys = { in: "rule.lineIn", out: "rule.lineOut", both: "rule.lineBoth" };
      return phrase(keys[when.direction], { line: nameOf(camera?.lines ?? [], when.line) });
    }
    case "level": {
      const { above, holdSeconds, overHours: hours } = when;
      if (hours !== undefined) {
        const rain = { sensor: nameOf(named.sensors, when.sensor), above, hours };
        if (holdSeconds === 0) return phrase("rule.rain", rain);
        return phrase("rule.rainHolds", { ...rain, time: time(holdSeconds) });
      }
      const params = { sensor: nameOf(named.sensors, when.sensor), above, unit: unitOf(when.sensor, named) };
      if (holdSeconds === 0) return phrase("rule.level", params);
      return phrase("rule.levelHolds", { ...params, time: time(holdSeconds) });
    }
    case "contact": {
      const input = nameOf(named.inputs, when.input);
      return phrase(when.closed ? "rule.contactClosed" : "rule.contactOpen", { input });
    }
  }
}

function clears({ when }: Rule, named: NamedThings, say: Say): string[] {
  if (when.kind !== "level") return [];
  if (when.overHours !== undefined) return [say(phrase("rule.rainClears", { below: when.clearBelow }))];
  return [say(phrase("rule.clears", { below: when.clearBelow, unit: unitOf(when.sensor, named) }))];
}

/** When a rule acts. */
export function hoursOf({ also = [], ...first }: Schedule, say: Say): string {
  return [first, ...also].map((window) => windowOf(window, say)).join(say(phrase("rule.also")));
}

function windowOf({ days, fromMinute, toMinute, season }: Schedule, say: Say): string {
  const words = daysOf(days, say);
  // Without an end, or from and to the same minute, it is all of each day, over midnight too.
  const isWhole = (toMinute - fromMinute) % 1440 === 0;
  const hours = isWhole
    ? phrase(days.length === 7 ? "rule.always" : "rule.wholeDays", { days: words })
    : phrase(isOvernight(fromMinute, toMinute) ? "rule.overnight" : "rule.hours", {
        days: words,
        from: clockOf(fromMinute),
        to: clockOf(toMinute === 0 ? 1440 : toMinute),
      });
  if (!season) return say(hours);
  return say(
    phrase("rule.season", { from: dateOf(season.from, say), to: dateOf(season.to, say), hours: say(hours) }),
  );
}

function isOvernight(fromMinute: number, toMinute: number): boolean {
  return toMinute > 0 && toMinute < fromMinute;
}

function daysOf(days: readonly number[], say: Say): string {
  const sorted = [...new Set(days)].sort();
  if (sorted.length === 7) return say(phrase("rule.every"));
  if (sorted.join() === "1,2,3,4,5") return say(phrase("rule.workdays"));
  if (sorted.join() === "6,7") return say(phrase("rule.weekend"));
  const names = sorted.map((day) => say(phrase(`rule.dayNames.${day - 1}`)));
  return say(phrase("rule.onDays", { days: names.join(say(phrase("rule.and"))) }));
}

function dateOf(date: number, say: Say): string {
  return say(phrase("time.date", { month: `time.months.${Math.floor(date / 100) - 1}`, day: date % 100 }));
}

/** 07:30, up to 24:00. */
export function clockOf(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

function spoken({ text, speakers, repeat, volume }: Spoken, named: NamedThings, say: Say): string {
  return say(
    phrase(repeat > 1 ? "rule.saysOften" : "rule.says", {
      ...{ text, volume, count: repeat },
      speakers: speakersPhrase(speakers, named, say),
    }),
  );
}

function switched(
  { switches, forSeconds }: NonNullable<Rule["switchOn"]>[number],
  named: NamedThings,
  say: Say,
): string {
  const names = switches.map((id) => nameOf(named.switches ?? [], id)).join(say(phrase("rule.and")));
  return say(phrase("rule.switches", { names, time: say(durationPhrase(forSeconds)) }));
}

function escalated(rule: Rule, step: Rule["escalate"][number], named: NamedThings, say: Say): string {
  const { afterSeconds, text, speakers = [], repeat = 1, volume = 100, switchOn, severity } = step;
  const acts = [
    ...(text === undefined ? [] : [spoken({ text, speakers, repeat, volume }, named, say)]),
    ...(switchOn ? [switched(switchOn, named, say)] : []),
    ...(severity ? [say(phrase("rule.graver", { severity: say(severityPhrase(severity)) }))] : []),
  ].join(say(phrase("rule.and")));
  // People and water that are gone end it by themselves; a button and a missing person wait for somebody.
  const goesOn = rule.when.kind !== "contact" && rule.when.kind !== "vanished";
  const key = goesOn ? "rule.stillThere" : "rule.stillOpen";
  return say(phrase(key, { time: say(durationPhrase(afterSeconds)), acts }));
}

function placeOf({ camera, zone }: { camera: string; zone: string }, named: NamedThings): string {
  return `${nameOf(named.cameras, camera)}${zoneName(camera, zone, named)}`;
}

function zoneName(camera: string, zone: string, { cameras }: NamedThings): string {
  return nameOf(cameras.find(({ id }) => id === camera)?.zones ?? [], zone);
}

function unitOf(sensor: string, { sensors }: NamedThings): string {
  return sensors.find(({ id }) => id === sensor)?.unit ?? "";
}

function nameOf(items: readonly { readonly id: string; readonly name: string }[], id: string): string {
  return items.find((item) => item.id === id)?.name ?? id;
}
