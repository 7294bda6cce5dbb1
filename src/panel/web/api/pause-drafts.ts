import { reactive } from "vue";
import type { PausableRow } from "../words/pause-words.ts";
import { whenSomebodyElseComes } from "./next-person.ts";

/** A pause that somebody is asking for. */
export interface PauseDraft {
  /** What is paused, as it was when he began: what others do meanwhile does not take it from under his fingers. */
  readonly row: PausableRow;
  howLong: "hour" | "evening" | "own";
  /** As a field of the type `datetime-local` has it; empty before it is first shown. */
  own: string;
  why: string;
  /** Where why is none of the usual reasons. */
  details: string;
}

/** Where no alarm leads to a pause. */
export const NO_ALARM = "";

/** By alarm. Stays while the page does: a lost line or another alarm in between loses nothing. */
export const pauseDrafts = reactive(new Map<string, PauseDraft>());

// A pause is signed with the name of whoever is logged in.
whenSomebodyElseComes(() => pauseDrafts.clear());

export function beginPause(alarm: string, row: PausableRow): void {
  pauseDrafts.set(alarm, { row, howLong: "hour", own: "", why: "", details: "" });
}

/** It was asked for, or is not any more. */
export function endPause(draft: PauseDraft): void {
  for (const [alarm, one] of pauseDrafts) if (one === draft) pauseDrafts.delete(alarm);
}
