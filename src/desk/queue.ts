import { byUrgency } from "../core/desk-order.ts";
import { type DeskAlarm, isEnded } from "../core/township-desk.ts";

/** Of cleared alarms, where few are open. */
const SHOWN = 100;
/** Of one village, of those that are not over: one whose alarms never end must not hide those of others. */
const SHOWN_OF_BOX = 50;

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
