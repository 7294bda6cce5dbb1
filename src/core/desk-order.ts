import type { Severity } from "./site.ts";
import { type DeskAlarm, isEnded } from "./township-desk.ts";

// In which order alarms of many villages stand at a township's desk. The desk cuts its queue by it, and the page stands by it.

export const BY_GRAVITY: readonly Severity[] = ["emergency", "danger", "warning", "notice"];

/** What nobody has seen to first, then the gravest, then the newest. */
export function byUrgency(a: DeskAlarm, b: DeskAlarm): number {
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
