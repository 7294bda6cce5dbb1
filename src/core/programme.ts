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

/** What somebody writes of a programme. */
export type ProgrammeDraft = Omit<Programme, "id" | "latestMinutes">;

/** A programme as a person wrote it, or that one took it out: holds instead of what the configuration says. */
export interface WrittenProgramme {
  readonly id: string;
  /** Undefined: taken out. */
  readonly programme: Programme | undefined;
  readonly by: BroadcastSource;
  /** ISO time. */
  readonly at: string;
  /** Seq of the event that tells it. */
  readonly version: number;
}

/** One time at which a programme is to be heard. */
export interface ProgrammeTime {
  /** `2026-07-01T06:30`, by the clock of the site. */
  readonly local: string;
  readonly wallMs: number;
}

export interface ProgrammeView extends Omit<Programme, "content" | "latestMinutes"> {
  readonly text?: string | undefined;
  readonly clip?: string | undefined;
  /** 0 while it is as configured. */
  readonly version: number;
  /** Who wrote it on the page; absent while it is as configured. */
  readonly written?: { readonly by: BroadcastSource; readonly at: string } | undefined;
  /** The configuration has it, so that what was written can be put back. */
  readonly isConfigured: boolean;
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
  written(): Promise<readonly WrittenProgramme[]>;
}

export interface ProgrammeDesk {
  list(): readonly ProgrammeView[];
  /** Configured ones that somebody took out. */
  takenOut(): readonly {
    readonly id: string;
    readonly name: string;
    readonly by: BroadcastSource;
    readonly at: string;
  }[];
  /**
   * Writes a programme, new where none has the id.
   * @param version of the programme that was read before; 0 for a new one.
   * @throws GatewayError `programme.changed` when somebody wrote it meanwhile, `programme.too_many`, `programme.quiet_hours`,
   *   `broadcast.*`, `clips.unknown`, `speaker.*`, `speech.*` (permanent), `ledger.*`.
   */
  write(id: string, draft: ProgrammeDraft, version: number, by: BroadcastSource): Promise<ProgrammeView>;
  /** @throws GatewayError `programme.unknown`, `programme.changed` (permanent), `ledger.*`. */
  takeOut(id: string, version: number, by: BroadcastSource): Promise<void>;
  /** As the configuration has it. @throws GatewayError `programme.unknown` (permanent), `ledger.*`. */
  restore(id: string, by: BroadcastSource): Promise<ProgrammeView>;
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
