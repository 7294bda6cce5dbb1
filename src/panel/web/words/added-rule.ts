import type { SetUpEntry, SetUpPlace, SetUpView, WrittenEntry } from "../../../core/set-up.ts";

/** Zones that were added on the page for a rule, and that nothing else watches: they go with it. */
export function zonesGoingWith(rule: string, { entries }: Pick<SetUpView, "entries">): readonly SetUpEntry[] {
  const rules = entries.filter(({ list }) => list === "rules");
  const mine = rules.find(({ id }) => id === rule);
  return entries.filter((zone) => {
    if (zone.list !== "zones" || zone.origin !== "added" || !mine || !watches(mine.entry, zone)) return false;
    return rules.every((one) => one.id === rule || !watches(one.entry, zone));
  });
}

/** Whether a rule, as it is written, needs this zone. */
export function watches({ when }: WrittenEntry, { camera, id }: SetUpPlace): boolean {
  return Object.values(recordOf(when)).some((condition) => {
    const { camera: of, zone, from, to } = recordOf(condition);
    return of === camera && [zone, from, to].includes(id);
  });
}

/** Who changed something last, as far as it still acts. */
export function lastChange({ entries }: Pick<SetUpView, "entries">): { by: string; at: string } | undefined {
  const changes = entries.flatMap(({ by, at }) => (by !== undefined && at !== undefined ? [{ by, at }] : []));
  return changes.reduce<{ by: string; at: string } | undefined>(
    (last, one) => (last && last.at >= one.at ? last : one),
    undefined,
  );
}

/** As it is written, or by its id where it has none. */
export function writtenName({
  id,
  entry,
}: {
  readonly id: string;
  readonly entry: WrittenEntry | null;
}): string {
  const { name } = entry ?? {};
  return typeof name === "string" ? name : id;
}

function recordOf(value: unknown): WrittenEntry {
  return typeof value === "object" && value !== null ? (value as WrittenEntry) : {};
}
