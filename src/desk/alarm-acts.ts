import type { AlarmNote, AlarmStatus } from "../core/alarm.ts";
import type { KeptAct, RefusedAct } from "../core/township-desk.ts";
import type { TracedAlarm } from "./alarm-trace.ts";

/** What people here did with alarms, each act at one of these places at a time. */
export interface DeskActs {
  /** The village does not know them yet. */
  readonly kept: readonly KeptAct[];
  /** The village has taken them, and the event that says so may be on its way still. */
  readonly taken: readonly KeptAct[];
  /** The village cannot know them: the ledger in which the alarm stands is lost there. */
  readonly own: readonly KeptAct[];
  /** The village was told, and did not do them. */
  readonly refused: readonly RefusedAct[];
}

export const NO_ACTS: DeskActs = { kept: [], taken: [], own: [], refused: [] };

/** The acts of each alarm of one village. */
export function actsByAlarm(acts: DeskActs, box: string): (alarm: string) => DeskActs {
  const [kept, taken, own] = [acts.kept, acts.taken, acts.own].map((all) => byAlarm(all, box));
  const refused = byAlarm(acts.refused, box);
  return (alarm) => ({
    kept: kept?.get(alarm) ?? [],
    taken: taken?.get(alarm) ?? [],
    own: own?.get(alarm) ?? [],
    refused: refused.get(alarm) ?? [],
  });
}

function byAlarm<Act extends KeptAct>(
  acts: readonly Act[],
  box: string,
): ReadonlyMap<string, readonly Act[]> {
  const found = new Map<string, Act[]>();
  for (const act of acts) {
    if (act.box !== box) continue;
    const known = found.get(act.alarm);
    if (known) known.push(act);
    else found.set(act.alarm, [act]);
  }
  return found;
}

/** Whether the alarm had ended by itself before the village heard that somebody sees to it: that is no failure. */
export function cameTooLate({ kind }: Pick<KeptAct, "kind">, code: string): boolean {
  return kind === "acknowledge" && code === "alarm.cleared";
}

/** An alarm with what was done here and its village's events do not tell, or not yet. */
export function withActs(alarm: TracedAlarm, { taken, own, refused }: DeskActs): TracedAlarm {
  const late = refused.filter((act) => cameTooLate(act, act.code));
  const acts = [...taken, ...own, ...late];
  if (acts.length === 0) return alarm;
  const by = acts.find(({ kind }) => kind === "acknowledge")?.person;
  return {
    ...alarm,
    status: late.length > 0 ? "cleared" : statusAfter(alarm.status, acts),
    acknowledgedBy: alarm.acknowledgedBy ?? by,
    notes: [...alarm.notes, ...own.flatMap(noteOf)],
  };
}

function statusAfter(status: AlarmStatus, acts: readonly KeptAct[]): AlarmStatus {
  if (status === "cleared" || acts.some(({ kind }) => kind === "clear")) return "cleared";
  return acts.some(({ kind }) => kind === "acknowledge") ? "acknowledged" : status;
}

function noteOf({ kind, at, person, text = "" }: KeptAct): readonly AlarmNote[] {
  return kind === "note" ? [{ at, by: person, text }] : [];
}
