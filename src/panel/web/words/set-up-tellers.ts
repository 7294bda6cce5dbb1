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

/** The event says its name: it may be gone by now. */
function shapeName({ camera, name }: LedgerEvent["data"], { cameras }: Named): string {
  return `${nameIn(cameras, camera)} ${textOf(name)}`;
}
