import { reactive } from "vue";
import { whenSomebodyElseComes } from "./next-person.ts";

/** Notes being written, by alarm. Stays while the page does: a lost line or another alarm in between loses nothing. */
export const noteDrafts = reactive(new Map<string, string>());

// A note is signed with the name of whoever is logged in.
whenSomebodyElseComes(() => noteDrafts.clear());
