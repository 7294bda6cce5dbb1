import type { LedgerEvent } from "../../../core/event.ts";
import type { VillageState } from "../../../core/village.ts";
import { nameIn, type Speech, sourceOf } from "./event-data.ts";
import { type Phrase, phrase } from "./phrase.ts";

type Teller = (event: LedgerEvent, named: Pick<VillageState, "rules">, speech: Speech) => Phrase;

/** What the ledger tells of rules that people change. */
export const ruleTellers: Readonly<Record<string, Teller>> = {
  "rule.edited": tell("event.ruleEdited"),
  "rule.restored": tell("event.ruleRestored"),
};

function tell(key: string): Teller {
  return ({ data }, { rules }, speech) =>
    phrase(key, { by: sourceOf(data["by"], speech), name: nameIn(rules, data["rule"]) });
}
