import type { AlarmNote, AlarmStatus } from "../core/alarm.ts";
import type { KeptAct } from "../core/township-desk.ts";
import type { TracedAlarm } from "./alarm-trace.ts";

/** What people here did with alarms, each act at one of these places at a time. */
export interface DeskActs {
  /** The village does not know them yet. */
  readonly kept: readonly KeptAct[];
  /** The village has taken them, and the event that says so may be on its way still. */
  readonly taken: readonly KeptAct[];
  /** The village cannot know them: the ledger in which the alarm stands is lost there. */
  readonly own: readonly KeptAct[];
}

export const NO_ACTS: DeskActs = { kept: [], taken: [], own: [] };

/** The acts of each alarm of one village. */
export function actsByAlarm(acts: DeskActs, box: string): (alarm: string) => DeskActs {
  const byAlarm = new Map<string, DeskActs>();
  for (const place of ["kept", "taken", "own"] as const) {
    for (const act of acts[place]) {
      if (act.box !== box) continue;
      const known = byAlarm.get(act.alarm) ?? NO_ACTS;
      byAlarm.set(act.alarm, { ...known, [place]: [...known[place], act] });
    }
  }
  return (alarm) => byAlarm.get(alarm) ?? NO_ACTS;
}

/** An alarm with what was done here and its village's events do not tell, or not yet. */
export function withActs(alarm: TracedAlarm, { taken, own }: DeskActs): TracedAlarm {
  const acts = [...taken, ...own];
  if (acts.length === 0) return alarm;
  const by = acts.find(({ kind }) => kind === "acknowledge")?.person;
  return {
    ...alarm,
    status: statusAfter(alarm.status, acts),
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
