import { reactive } from "vue";

/** Notes being written, by alarm. Stays while the page does: a lost line or another alarm in between loses nothing. */
export const noteDrafts = reactive(new Map<string, string>());
