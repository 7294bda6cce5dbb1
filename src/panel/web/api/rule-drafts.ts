import { reactive } from "vue";
import type { RuleWork } from "../words/rule-draft.ts";
import { whenSomebodyElseComes } from "./next-person.ts";

/** Rules that are being changed. Stays while the page does: a lost line or a closed window loses nothing typed. */
export const ruleWorks = reactive(new Map<string, RuleWork>());

whenSomebodyElseComes(() => ruleWorks.clear());
