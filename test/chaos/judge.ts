import type { LedgerEvent } from "../../src/core/event.ts";

// What must be true of the copies that three receivers hold, whatever was broken meanwhile. Pure.

export interface Copy {
  readonly name: string;
  readonly events: readonly LedgerEvent[];
}

export interface Verdict {
  /** Alarms that the box told of and a copy lacks, of all copies together. */
  readonly lost: number;
  /** Alarms that a copy has twice, of all copies together. */
  readonly duplicates: number;
  /** Which, in words; few of them. */
  readonly examples: readonly string[];
}

/** The id under which an event was written first: one that was rescued from a damaged ledger has another now. */
export function originOf({ id, data }: LedgerEvent): string {
  const rescued = data["rescued"] as { readonly id?: string } | undefined;
  return rescued?.id ?? id;
}

/** @param told ids, by `originOf`, of alarms that the box told of. */
export function judge(told: Iterable<string>, copies: readonly Copy[]): Verdict {
  const wanted = [...told];
  const examples: string[] = [];
  let [lost, duplicates] = [0, 0];
  for (const { name, events } of copies) {
    const counts = new Map<string, number>();
    const subjects = new Map<string, Set<string>>();
    for (const event of events) {
      if (event.type !== "org.cunshao.alarm.raised") continue;
      const origin = originOf(event);
      counts.set(origin, (counts.get(origin) ?? 0) + 1);
      const same = subjects.get(event.subject ?? "") ?? new Set();
      subjects.set(event.subject ?? "", same.add(origin));
    }
    const missing = wanted.filter((id) => !counts.has(id));
    const twice = [...counts].filter(([, count]) => count > 1);
    const renamed = [...subjects].filter(([, ids]) => ids.size > 1);
    lost += missing.length;
    duplicates += twice.length + renamed.length;
    examples.push(
      ...missing.slice(0, 3).map((id) => `${name} lacks ${id}`),
      ...twice.slice(0, 3).map(([id, count]) => `${name} has ${id} ${count} times`),
      ...renamed.slice(0, 3).map(([subject, ids]) => `${name} has ${subject} as ${[...ids].join(" and ")}`),
    );
  }
  return { lost, duplicates, examples: examples.slice(0, 10) };
}
