import { isWithin } from "./schedule.ts";
import type { DutyTurn } from "./site.ts";

/** Who is on duty at a time, in the order of the roster; nobody twice. */
export function onDuty(
  roster: readonly DutyTurn[],
  wallMs: number,
  timezone: string,
): readonly Pick<DutyTurn, "name" | "phone">[] {
  const called = new Map<string, Pick<DutyTurn, "name" | "phone">>();
  for (const { name, phone, when } of roster) {
    if (isWithin(when, wallMs, timezone)) called.set(`${name} ${phone}`, { name, phone });
  }
  return [...called.values()];
}
