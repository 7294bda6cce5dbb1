import type { AlarmView } from "../../../core/village.ts";
import { isGraver, unseenAlarms } from "./alarm-words.ts";

/** An alarm that somebody put off comes back when it becomes more urgent. */
export function keyOf({ id, status }: Pick<AlarmView, "id" | "status">): string {
  return `${id} ${status}`;
}

/**
 * Which alarm has the page: one that nobody has seen to, the gravest first. It keeps the page until a graver one comes, and so does one that
 * has ended meanwhile or was seen to elsewhere, until another needs the page: what somebody reads does not vanish under his eyes.
 * @param shown id of the alarm that has the page now.
 * @param putOff keys of those that have been put off here.
 * @param busy somebody types or speaks: none begins then, and none takes the place of the one in which he does.
 */
export function alarmOnPage(
  shown: string | undefined,
  putOff: ReadonlySet<string>,
  alarms: readonly AlarmView[],
  busy: boolean,
): string | undefined {
  const waiting = unseenAlarms(alarms).filter((alarm) => !putOff.has(keyOf(alarm)));
  const current = alarms.find(({ id }) => id === shown);
  if (current && busy) return current.id;
  if (current && waiting.some(({ id }) => id === current.id)) {
    return waiting[0] && isGraver(waiting[0], current) ? waiting[0].id : current.id;
  }
  if (current) return waiting[0]?.id ?? current.id;
  return busy ? undefined : waiting[0]?.id;
}

/** With this word a dialog is closed that is only put aside for an alarm: what is written in it stays. */
export const ASIDE = "aside";

/** Who has not touched a key for this long has gone away from the field in which the cursor stands. */
export const TYPING_MS = 20_000;

/**
 * Whether an alarm would cut somebody off, in the part of the page that it would take: the whole of it, or the alarm that has it.
 * @param sinceKeyMs since the last key; Infinity before the first.
 */
export function isCutOff(now: {
  readonly speaks: boolean;
  /** In a dialog that is there to write in. */
  readonly writes: boolean;
  /** The cursor stands in a field. */
  readonly inField: boolean;
  readonly sinceKeyMs: number;
}): boolean {
  return now.speaks || now.writes || (now.inField && now.sinceKeyMs < TYPING_MS);
}
