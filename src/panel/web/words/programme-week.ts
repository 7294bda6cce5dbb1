import type { ProgrammeView } from "../../../core/programme.ts";
import type { Times } from "./times.ts";

/** What is to be heard on one day, soonest first. */
export interface WeekDay {
  /** ISO time within that day. */
  readonly at: string;
  readonly entries: readonly WeekEntry[];
}

export interface WeekEntry {
  readonly programme: string;
  readonly name: string;
  /** `2026-07-01T06:30`, by the clock of the village. */
  readonly local: string;
  readonly at: string;
  readonly state: "on" | "skipped" | "paused";
}

const DAY_MS = 86_400_000;
const DAYS = 7;

/** The seven days from today on. */
export function weekOf(programmes: readonly ProgrammeView[], now: string, times: Times): readonly WeekDay[] {
  const entries = programmes
    .flatMap(({ id, name, next, paused }) =>
      next.map(
        ({ local, at, skipped }): WeekEntry => ({
          ...{ programme: id, name, local, at },
          state: paused ? "paused" : skipped ? "skipped" : "on",
        }),
      ),
    )
    .sort((a, b) => a.at.localeCompare(b.at) || a.name.localeCompare(b.name));
  return Array.from({ length: DAYS }, (_, index) => {
    const at = new Date(Date.parse(now) + index * DAY_MS).toISOString();
    const key = times.dayKey(at);
    return { at, entries: entries.filter((entry) => times.dayKey(entry.at) === key) };
  });
}
