import type { Severity } from "../core/site.ts";
import { type DeskAlarm, isEnded } from "../core/township-desk.ts";

/** Of cleared alarms, where few are open. */
const SHOWN = 100;
/** Of one village, of those that are not over: one whose alarms never end must not hide those of others. */
const SHOWN_OF_BOX = 50;
export const BY_GRAVITY: readonly Severity[] = ["emergency", "danger", "warning", "notice"];

/** One queue of the alarms of all villages, what somebody has to do first. @param ofBoxes the alarms of each village. */
export function queueOf(ofBoxes: readonly (readonly DeskAlarm[])[]): readonly DeskAlarm[] {
  const all = ofBoxes.flatMap(shownOf).sort(byUrgency);
  const open = all.filter((alarm) => !isEnded(alarm));
  return all.slice(0, Math.max(SHOWN, open.length));
}

function shownOf(alarms: readonly DeskAlarm[]): readonly DeskAlarm[] {
  const open = alarms.filter((alarm) => !isEnded(alarm)).sort(byUrgency);
  return [...open.slice(0, SHOWN_OF_BOX), ...alarms.filter(isEnded)];
}

/** What nobody has seen to first, then the gravest, then the newest. */
function byUrgency(a: DeskAlarm, b: DeskAlarm): number {
  const waits = waitsOf(a) - waitsOf(b);
  if (waits !== 0) return waits;
  const gravity = waitsOf(a) === 0 ? BY_GRAVITY.indexOf(a.severity) - BY_GRAVITY.indexOf(b.severity) : 0;
  if (gravity !== 0) return gravity;
  return a.raisedAt < b.raisedAt ? 1 : a.raisedAt > b.raisedAt ? -1 : b.seq - a.seq;
}

/** One that was ended here stands below those that are open until its village knows: so long it can be taken back. */
function waitsOf(alarm: DeskAlarm): number {
  if (isEnded(alarm)) return 3;
  if (alarm.kept.some(({ kind }) => kind === "clear")) return 2;
  return alarm.taken ? 1 : 0;
}
