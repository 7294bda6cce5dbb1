import type { LedgerEvent } from "../../../core/event.ts";
import type { VillageState } from "../../../core/village.ts";
import { nameIn, placeName, type Speech, sourceOf, textOf } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";

type Named = Pick<VillageState, "rules" | "cameras">;
type Teller = (event: LedgerEvent, named: Named, speech: Speech) => Phrase;

/** What the ledger tells of rules, zones, lines and masks that people change, and of water that zones follow. */
export const setUpTellers: Readonly<Record<string, Teller>> = {
  "rule.edited": tell("event.ruleEdited"),
  "rule.restored": tell("event.ruleRestored"),
  "zone.drawn": tell("event.zoneDrawn"),
  "zone.restored": tell("event.zoneRestored"),
  "line.drawn": tell("event.lineDrawn"),
  "line.removed": tell("event.lineRemoved"),
  "line.restored": tell("event.lineRestored"),
  "mask.drawn": tell("event.maskDrawn"),
  "mask.removed": tell("event.maskRemoved"),
  "mask.restored": tell("event.maskRestored"),
  "map.placed": tell("event.mapPlaced"),
  "map.pictured": tell("event.mapPictured"),
  "map.picture_restored": tell("event.mapPictureRestored"),
  "set_up.changed": setUpTeller("event.setUpChanged"),
  "set_up.restored": setUpTeller("event.setUpRestored"),
  "set_up.taken_back": setUpTeller("event.setUpTakenBack"),
  "waterline.fault.raised": tell("event.waterlineLost"),
  "waterline.fault.cleared": tell("event.waterlineFound"),
};

function tell(key: string): Teller {
  return ({ data }, named, speech) =>
    phrase(key, {
      name: "line" in data || "mask" in data ? shapeName(data, named) : placeName(data, named),
      by: sourceOf(data["by"], speech),
      reason: speech.reason(textOf(data["fault"])),
      why: textOf(data["reason"]),
    });
}

/** Names the first, as it is written or as the village knows it. */
function setUpTeller(key: string): Teller {
  return ({ data }, { rules }, speech) => {
    const all = [...listOf(data["changes"]), ...listOf(data["places"])];
    const { id, entry } = all[0] ?? {};
    const { name } = (entry ?? {}) as { readonly name?: unknown };
    return phrase(key, {
      name: textOf(name) || nameIn(rules, id),
      count: all.length,
      by: sourceOf(data["by"], speech),
    });
  };
}

function listOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value : [];
}

/** The event says its name: it may be gone by now. */
function shapeName({ camera, name }: LedgerEvent["data"], { cameras }: Named): string {
  return `${nameIn(cameras, camera)} ${textOf(name)}`;
}
