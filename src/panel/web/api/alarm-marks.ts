import type { LedgerEvent } from "../../../core/event.ts";
import { type AlarmMarks, marksIn } from "../words/alarm-marks.ts";
import { call } from "./http.ts";

/** A picture comes within seconds of its alarm, a clip within a minute: among so many events of alarms. */
const NEAR = 100;

/** What can be drawn over the clip of an alarm; undefined where nothing can, or it is not known any more. @throws ProblemError. */
export async function marksOf(alarm: {
  readonly id: string;
  readonly seq: number;
}): Promise<AlarmMarks | undefined> {
  // Of a former ledger: its events are not here.
  if (alarm.seq < 1) return undefined;
  const query = new URLSearchParams({ after: String(alarm.seq), class: "alarm", limit: String(NEAR) });
  return marksIn(await call<readonly LedgerEvent[]>("GET", `/events?${query}`), alarm.id);
}
