import { shallowRef } from "vue";
import { isUntouched, type NewRuleDraft } from "../words/new-rule.ts";
import { newId } from "./new-id.ts";
import { whenSomebodyElseComes } from "./next-person.ts";
import { newShapeId } from "./shape-works.ts";

/** The rule that is being made. Stays while the page does: a lost line or a closed window loses nothing typed. */
export const newRuleDraft = shallowRef<NewRuleDraft>();

whenSomebodyElseComes(forgetNewRule);

export function forgetNewRule(): void {
  newRuleDraft.value = undefined;
}

/** A form that was opened and closed leaves nothing to be saved. */
export function forgetUntouchedRule(): void {
  if (newRuleDraft.value && isUntouched(newRuleDraft.value)) forgetNewRule();
}

/** Ids of which there was never one before: what the ledger remembers of a rule or zone that is gone is not another's. */
export function beginNewRule(): void {
  newRuleDraft.value ??= { id: `rule-${newId().slice(0, 12)}`, zoneId: newShapeId("zone") };
}
