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
 * @param busy somebody types or speaks: none begins then.
 */
export function alarmOnPage(
  shown: string | undefined,
  putOff: ReadonlySet<string>,
  alarms: readonly AlarmView[],
  busy: boolean,
): string | undefined {
  const waiting = unseenAlarms(alarms).filter((alarm) => !putOff.has(keyOf(alarm)));
  const current = alarms.find(({ id }) => id === shown);
  if (current && waiting.some(({ id }) => id === current.id)) {
    return waiting[0] && isGraver(waiting[0], current) ? waiting[0].id : current.id;
  }
  if (current) return waiting[0]?.id ?? current.id;
  return busy ? undefined : waiting[0]?.id;
}
