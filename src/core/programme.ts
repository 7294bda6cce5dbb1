import type { BroadcastSource } from "./broadcast.ts";
import type { Season } from "./site.ts";

// Programmes: what the horns say by the calendar: bells, policy readings, remote training.

export interface Programme {
  readonly id: string;
  readonly name: string;
  /** ISO weekdays, 1 (Monday) to 7. */
  readonly days: readonly number[];
  /** Minutes since local midnight, 0 to 1439, ascending. */
  readonly minutes: readonly number[];
  /** Absent: all year. */
  readonly season?: Season | undefined;
  readonly content:
    | { readonly kind: "text"; readonly text: string }
    | { readonly kind: "clip"; readonly clip: string };
  readonly speakers: readonly string[];
  readonly repeat: number;
  readonly volume: number;
  readonly whenPreempted: "resume" | "drop";
  /** Is not begun later than so long after its time: the box was off, or did not know the time. */
  readonly latestMinutes: number;
}

/** One time at which a programme is to be heard. */
export interface ProgrammeTime {
  /** `2026-07-01T06:30`, by the clock of the site. */
  readonly local: string;
  readonly wallMs: number;
}

export interface ProgrammeView {
  readonly id: string;
  readonly name: string;
  readonly text?: string | undefined;
  readonly clip?: string | undefined;
  readonly speakers: readonly string[];
  readonly repeat: number;
  readonly volume: number;
  /** The next times within eight days, soonest first; none while the clock is not known to be right. */
  readonly next: readonly { readonly local: string; readonly at: string; readonly skipped: boolean }[];
  readonly paused?:
    | { readonly by: BroadcastSource; readonly reason: string; readonly since: string }
    | undefined;
}

/** What people did with programmes, as the ledger tells it. */
export interface ProgrammeMarks {
  readonly paused: ReadonlyMap<string, NonNullable<ProgrammeView["paused"]>>;
  /** `<programme>@<local>` */
  readonly skipped: ReadonlySet<string>;
}

export interface ProgrammeBook {
  marks(): Promise<ProgrammeMarks>;
}

export interface ProgrammeDesk {
  list(): readonly ProgrammeView[];
  /**
   * Leaves one time out; the next where none is named.
   * @throws GatewayError `programme.unknown`, `programme.no_such_time` (permanent), `ledger.*`.
   */
  skip(id: string, local: string | undefined, by: BroadcastSource): Promise<ProgrammeView>;
  /** Takes `skip` back. Throws like it. */
  unskip(id: string, local: string, by: BroadcastSource): Promise<ProgrammeView>;
  /** Until somebody resumes it. @throws GatewayError `programme.unknown` (permanent), `ledger.*`. */
  pause(id: string, reason: string, by: BroadcastSource): Promise<ProgrammeView>;
  resume(id: string, by: BroadcastSource): Promise<ProgrammeView>;
}
