import type { LedgerEvent } from "../../../core/event.ts";
import type { VillageState } from "../../../core/village.ts";
import { placeName, type Speech, sourceOf, textOf } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";

type Named = Pick<VillageState, "rules" | "cameras">;
type Teller = (event: LedgerEvent, named: Named, speech: Speech) => Phrase;

/** What the ledger tells of rules and zones that people change, and of water that zones follow. */
export const setUpTellers: Readonly<Record<string, Teller>> = {
  "rule.edited": tell("event.ruleEdited"),
  "rule.restored": tell("event.ruleRestored"),
  "zone.drawn": tell("event.zoneDrawn"),
  "zone.restored": tell("event.zoneRestored"),
  "waterline.fault.raised": tell("event.waterlineLost"),
  "waterline.fault.cleared": tell("event.waterlineFound"),
};

function tell(key: string): Teller {
  return ({ data }, named, speech) =>
    phrase(key, {
      name: placeName(data, named),
      by: sourceOf(data["by"], speech),
      reason: speech.reason(textOf(data["fault"])),
    });
}
