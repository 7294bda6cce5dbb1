import type { BoxFigures, CountyReport, CountySum } from "../../../core/county.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { lasting } from "./times.ts";

export type CountyTone = "alarm" | "care" | "calm";

/** How a village or a township looks from afar: red means an alarm and nothing else. */
export function countyTone(sum: CountySum): CountyTone {
  if (alarmsOf(sum) > 0) return "alarm";
  return sum.away > 0 || faultPhrases(sum).length > 0 ? "care" : "calm";
}

export function alarmsOf({ openAlarms }: Pick<CountySum, "openAlarms">): number {
  return Object.values(openAlarms).reduce((sum, count) => sum + count, 0);
}

/** Open alarms by how grave they are, the gravest first. */
export function alarmPhrases({ openAlarms }: Pick<CountySum, "openAlarms">): readonly Phrase[] {
  return (["emergency", "danger", "warning", "notice"] as const).flatMap((severity) =>
    openAlarms[severity] > 0 ? [phrase(`county.open.${severity}`, { count: openAlarms[severity] })] : [],
  );
}

/** What somebody has to look into, the gravest first. */
export function faultPhrases(sum: CountySum): readonly Phrase[] {
  const count = (key: string, number: number): Phrase[] =>
    number > 0 ? [phrase(key, { count: number })] : [];
  return [
    ...count("county.broken", sum.broken),
    ...count("county.clashes", sum.clashes),
    ...count(sum.boxes === 1 ? "county.twin" : "county.twins", sum.twins),
    ...count("county.missing", sum.missing),
    ...count("county.odd", sum.odd),
    ...count(sum.boxes === 1 ? "county.wrongClock" : "county.wrongClocks", sum.wrongClocks),
  ];
}

/** Whether a village is heard; of one that is not since when. */
export function statePhrase(
  { state, since }: Pick<BoxFigures, "state" | "since">,
  now: string,
  say: (phrase: Phrase) => string,
): Phrase {
  if (state !== "away") return phrase(`county.state.${state}`);
  return since === undefined
    ? phrase("county.state.awayLong")
    : phrase("county.state.away", { time: say(lasting(since, now)) });
}

/** Villages where something is to be done first; among alike ones, as they stand in the county's file. */
export function inCountyOrder(boxes: readonly BoxFigures[]): readonly BoxFigures[] {
  const order: readonly CountyTone[] = ["alarm", "care", "calm"];
  return [...boxes].sort((a, b) => order.indexOf(countyTone(a)) - order.indexOf(countyTone(b)));
}

/** What keeps events from being kept; nothing where all is well. */
export function readerPhrases({ reader, total }: CountyReport): readonly Phrase[] {
  const isAway = total === undefined || !reader.isKeeping;
  return [
    ...(isAway ? [phrase("county.database")] : []),
    ...(reader.isConnected ? [] : [phrase(`county.broker.${reader.brokerFault ?? "connecting"}`)]),
  ];
}
