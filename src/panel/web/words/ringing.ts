import type { AlarmView } from "../../../core/village.ts";
import { unseenAlarms } from "./alarm-words.ts";
import { keyOf } from "./takeover.ts";

/** Who does not come in a minute has heard it or is not there; the horns of the village go on by themselves. */
export const LONGEST_RING_MS = 60_000;

/** What is told of an alarm, of whichever village. */
export interface RungAlarm extends Pick<AlarmView, "id" | "name" | "place" | "severity" | "status" | "seq"> {
  readonly village: string;
}

export interface Ringing {
  /** Keys of what this page knows already. */
  readonly known: ReadonlySet<string>;
  /** What is rung for, as it is now, and since when by this page's own clock. */
  readonly alarms: readonly { readonly key: string; readonly alarm: RungAlarm; readonly sinceMs: number }[];
}

export const SILENT: Ringing = { known: new Set(), alarms: [] };

/**
 * What rings: each alarm that nobody has seen to, from when this page first hears of it, until somebody sees to it, it is over or put off here,
 * or a minute has passed. One that becomes more urgent rings anew.
 * @param putOff keys of those that have been put off here.
 */
export function ringOn(
  before: Ringing,
  alarms: readonly RungAlarm[],
  putOff: ReadonlySet<string>,
  nowMs: number,
): Ringing {
  const unseen = new Map(unseenAlarms(alarms).map((alarm) => [keyOf(alarm), alarm] as const));
  const going = before.alarms.flatMap(({ key, sinceMs }) => {
    const alarm = unseen.get(key);
    return alarm && !putOff.has(key) && nowMs - sinceMs < LONGEST_RING_MS ? [{ key, alarm, sinceMs }] : [];
  });
  const fresh = [...unseen].flatMap(([key, alarm]) =>
    before.known.has(key) ? [] : [{ key, alarm, sinceMs: nowMs }],
  );
  return { known: new Set([...before.known, ...unseen.keys()]), alarms: [...going, ...fresh] };
}
