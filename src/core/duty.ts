import { isWithin } from "./schedule.ts";
import type { DutyTurn } from "./site.ts";

export type OnDuty = Pick<DutyTurn, "name" | "phone">;

/** Who is on duty at a time, in the order of the roster; nobody twice. */
export function onDuty(roster: readonly DutyTurn[], wallMs: number, timezone: string): readonly OnDuty[] {
  const called = new Map<string, OnDuty>();
  for (const { name, phone, when } of roster) {
    if (isWithin(when, wallMs, timezone)) called.set(`${name} ${phone}`, { name, phone });
  }
  return [...called.values()];
}
