import { startOfDay } from "../core/local-day.ts";
import type { Programme, ProgrammeTime } from "../core/programme.ts";
import { isWithin, minuteOfDay } from "../core/schedule.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** When a programme is to be heard after `afterMs` until `untilMs` (wall time), soonest first. */
export function timesBetween(
  { days, minutes, season }: Pick<Programme, "days" | "minutes" | "season">,
  afterMs: number,
  untilMs: number,
  timezone: string,
): ProgrammeTime[] {
  const times: ProgrammeTime[] = [];
  for (
    let dayMs = startOfDay(afterMs, timezone);
    dayMs <= untilMs;
    dayMs = startOfDay(dayMs + 36 * HOUR_MS, timezone)
  ) {
    for (const minute of minutes) {
      const wallMs = wallAt(dayMs, minute, timezone);
      if (wallMs <= afterMs || wallMs > untilMs) continue;
      // Also leaves out an hour that does not exist on the day on which the clocks are changed.
      const isOn = isWithin({ days, fromMinute: minute, toMinute: minute + 1, season }, wallMs, timezone);
      if (isOn) times.push({ local: localName(wallMs, timezone), wallMs });
    }
  }
  return times;
}

/** The minute of a day that began at `dayMs`, on days on which the clocks are changed, too. */
function wallAt(dayMs: number, minute: number, timezone: string): number {
  const guessMs = dayMs + minute * MINUTE_MS;
  return guessMs + (minute - minuteOfDay(guessMs, timezone)) * MINUTE_MS;
}

/** `2026-07-01T06:30` */
function localName(wallMs: number, timezone: string): string {
  const shown = new Intl.DateTimeFormat("sv-SE", {
    timeZone: timezone,
    dateStyle: "short",
    timeStyle: "short",
  }).format(wallMs);
  return shown.replace(" ", "T");
}
