import type { AlarmView } from "../../../core/village.ts";
import { fateOf, openAlarms } from "./alarm-words.ts";

export const FATES = ["all", "waiting", "handling", "false"] as const;
export type Fate = (typeof FATES)[number];

/** What somebody wants to see of the queue. */
export interface AlarmFilter {
  readonly fate: Fate;
  /** Empty: everywhere. */
  readonly place: string;
}

/**
 * Those that are open first, the gravest at the top, then what was, newest first.
 * @param older from before those that the village shows; what it shows, too, is told once.
 */
export function queueOf(
  alarms: readonly AlarmView[],
  older: readonly AlarmView[],
  { fate, place }: AlarmFilter,
): readonly AlarmView[] {
  const shown = new Set(alarms.map(({ id }) => id));
  const over = [
    ...alarms.filter(({ status }) => status === "cleared"),
    ...older.filter(({ id }) => !shown.has(id)),
  ];
  return [...openAlarms(alarms), ...over].filter(
    (alarm) => (fate === "all" || fateOf(alarm).kind === fate) && (place === "" || alarm.place === place),
  );
}

/** Where alarms were, each once. */
export function placesOf(alarms: readonly AlarmView[]): readonly string[] {
  return [...new Set(alarms.map(({ place }) => place))].filter((place) => place !== "");
}
