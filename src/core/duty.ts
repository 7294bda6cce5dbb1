import type { BroadcastSource } from "./broadcast.ts";
import { isWithin } from "./schedule.ts";
import type { DutyTurn } from "./site.ts";

export type OnDuty = Pick<DutyTurn, "name" | "phone">;

export const MOST_TURNS = 64;

/** Who is on duty at a time, in the order of the roster; nobody twice. */
export function onDuty(roster: readonly DutyTurn[], wallMs: number, timezone: string): readonly OnDuty[] {
  const called = new Map<string, OnDuty>();
  for (const { name, phone, when } of roster) {
    if (isWithin(when, wallMs, timezone)) called.set(`${name} ${phone}`, { name, phone });
  }
  return [...called.values()];
}

/** A roster as somebody wrote it: holds instead of what the configuration says. */
export interface WrittenRoster {
  readonly turns: readonly DutyTurn[];
  readonly by: BroadcastSource;
  /** ISO time. */
  readonly at: string;
  /** Unlike that of any other roster that was written here. */
  readonly version: number;
}

export interface DutyBook {
  written(): Promise<WrittenRoster | undefined>;
  /** Telephone numbers stay on the box: the event that tells it has names alone. */
  write(roster: WrittenRoster): Promise<void>;
  /** Forgets what was written. */
  forget(by: BroadcastSource): Promise<void>;
}

export interface DutyRoster {
  readonly turns: readonly DutyTurn[];
  /** 0 while it is as configured. */
  readonly version: number;
  readonly written?: Pick<WrittenRoster, "by" | "at"> | undefined;
}

export interface DutyDesk {
  roster(): DutyRoster;
  now(): readonly OnDuty[];
  /**
   * @param version of the roster that was read before.
   * @throws GatewayError `duty.changed` when somebody wrote it meanwhile (permanent), `ledger.*`.
   */
  write(turns: readonly DutyTurn[], version: number, by: BroadcastSource): Promise<DutyRoster>;
  /** As the configuration has it. @throws GatewayError `ledger.*`. */
  restore(by: BroadcastSource): Promise<DutyRoster>;
}
