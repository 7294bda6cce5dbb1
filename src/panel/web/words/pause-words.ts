import { isOfZone, type PauseView } from "../../../core/pause.ts";
import { isAlways, isWithin, nextStart } from "../../../core/schedule.ts";
import type { VillageState } from "../../../core/village.ts";
import { type Phrase, phrase } from "./phrase.ts";
import { timeOfWall, wallDay } from "./village-time.ts";

const MINUTE_MS = 60_000;

/** Never less than is left: "0 minutes" would read as over. */
export function leftPhrase(untilIso: string, nowIso: string): Phrase {
  const minutes = Math.max(1, Math.ceil((Date.parse(untilIso) - Date.parse(nowIso)) / MINUTE_MS));
  if (minutes < 60) return phrase("pause.left", { count: minutes });
  return phrase("pause.leftHours", { hours: Math.floor(minutes / 60), minutes: minutes % 60 });
}

/** Six in the evening of today; undefined once that is near or over. */
export function thisEvening(nowMs: number, timezone: string): number | undefined {
  const evening = timeOfWall(`${wallDay(nowMs, timezone)}T18:00`, timezone);
  return evening !== undefined && evening - nowMs >= 2 * MINUTE_MS ? evening : undefined;
}

/** What `POST /pauses` calls it. */
export type Pausable = { readonly rule: string } | { readonly camera: string; readonly zone: string };

export interface PausableRow {
  readonly key: string;
  readonly name: string;
  readonly target: Pausable;
  /** Ids of those that it stands for. */
  readonly rules: readonly string[];
  readonly isPaused: boolean;
  readonly isEmergency: boolean;
}

/** What can be paused: places that several rules watch, for whoever knows the place and not the rules, then each rule. */
export function pausableRows({
  rules,
  cameras,
  pauses,
}: Pick<VillageState, "rules" | "cameras" | "pauses">): PausableRow[] {
  const paused = new Set(pauses.filter(({ state }) => state === "paused").flatMap((pause) => pause.rules));
  const places = cameras.flatMap((camera) =>
    camera.zones.flatMap((zone): PausableRow[] => {
      const target = { camera: camera.id, zone: zone.id };
      const watching = rules.filter((rule) => isOfZone(rule, target));
      if (watching.length < 2) return [];
      const isPaused = watching.every(({ id }) => paused.has(id));
      const name = `${camera.name} ${zone.name}`;
      const ids = watching.map(({ id }) => id);
      return [{ key: `${camera.id} ${zone.id}`, name, target, rules: ids, isPaused, isEmergency: false }];
    }),
  );
  const each = rules.map(
    ({ id, name, alarm }): PausableRow => ({
      ...{ key: id, name, target: { rule: id }, rules: [id] },
      isPaused: paused.has(id),
      isEmergency: alarm?.severity === "emergency",
    }),
  );
  return [...places, ...each];
}

/** Whether what can be paused acts now: a place does with the first of its rules that no pause keeps from it. `at` says a time of the village, with its day where that is another. */
export function actsNow(
  row: Pick<PausableRow, "rules" | "isPaused">,
  { rules, pauses, clock, site }: Pick<VillageState, "rules" | "pauses" | "clock" | "site">,
  nowIso: string,
  words: { readonly at: (iso: string) => string; readonly who: (by: PauseView["by"]) => string },
): { readonly state: "armed" | "paused" | "resting"; readonly phrase: Phrase } {
  if (row.isPaused) {
    // Each of its rules is held by whichever pause lasts longest; it acts again with the first of them.
    const holding = row.rules.flatMap((id) => longest(pauses, id) ?? []);
    const [first] = [...holding].sort((a, b) => a.until.localeCompare(b.until));
    if (!first) return { state: "paused", phrase: phrase("pause.paused") };
    return {
      state: "paused",
      phrase: phrase("pause.pausedUntil", { time: words.at(first.until), by: words.who(first.by) }),
    };
  }
  const own = rules
    .filter(({ id }) => row.rules.includes(id))
    .map(({ id, schedule }) => ({ schedule, pause: longest(pauses, id) }));
  const schedules = own.filter(({ pause }) => !pause).map(({ schedule }) => schedule);
  const isBound = schedules.some((schedule) => !isAlways(schedule));
  // No hours can be kept by a clock that may be wrong: then the rules act at all of them.
  if (clock === "unsynced" && isBound) return { state: "armed", phrase: phrase("pause.armedNoClock") };
  const nowMs = Date.parse(nowIso);
  if (!isBound || schedules.some((schedule) => isWithin(schedule, nowMs, site.timezone))) {
    return { state: "armed", phrase: phrase("pause.armed") };
  }
  const starts = own.flatMap(({ schedule, pause }) => {
    if (!pause) return nextStart(schedule, nowMs, site.timezone) ?? [];
    const untilMs = Date.parse(pause.until);
    return isWithin(schedule, untilMs, site.timezone)
      ? untilMs
      : (nextStart(schedule, untilMs, site.timezone) ?? []);
  });
  if (starts.length === 0) return { state: "resting", phrase: phrase("pause.resting") };
  const time = words.at(new Date(Math.min(...starts)).toISOString());
  return { state: "resting", phrase: phrase("pause.restingUntil", { time }) };
}

function longest(pauses: readonly PauseView[], rule: string): PauseView | undefined {
  const holding = pauses.filter(({ state, rules }) => state === "paused" && rules.includes(rule));
  return holding.sort((a, b) => b.until.localeCompare(a.until))[0];
}

/** What to pause so that a rule is quiet for a while: the place that it watches, or itself; undefined for an emergency or while it is paused. */
export function placeToPause(
  state: Pick<VillageState, "rules" | "cameras" | "pauses">,
  ruleId: string,
): PausableRow | undefined {
  const rule = state.rules.find(({ id }) => id === ruleId);
  if (!rule || rule.alarm?.severity === "emergency") return undefined;
  const rows = pausableRows(state);
  const own = rows.find(({ target }) => "rule" in target && target.rule === ruleId);
  if (own?.isPaused !== false) return undefined;
  return rows.find(({ target }) => "zone" in target && isOfZone(rule, target)) ?? own;
}
