import { reactive } from "vue";
import { whenSomebodyElseComes } from "./next-person.ts";

/** Why somebody wants to look at the clip of an alarm, while he writes it, by alarm. Stays while the page does. */
export const clipReasons = reactive(new Map<string, string>());

whenSomebodyElseComes(() => clipReasons.clear());
