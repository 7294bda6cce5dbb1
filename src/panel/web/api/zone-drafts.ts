import { reactive } from "vue";
import type { ZoneDraft } from "../words/zone-draft.ts";

/** What is drawn and not yet saved. */
export interface ZoneWork {
  readonly draft: ZoneDraft;
  /** Drafts before, oldest first: each a step that can be taken back. */
  readonly before: readonly ZoneDraft[];
  /** `drawn.at` of what it is drawn over; null where that is as configured. */
  readonly over: string | null;
}

/** By camera and zone. Stays while the page does: who closes the picture by mistake has lost nothing. */
export const zoneWorks = reactive(new Map<string, ZoneWork>());

/** The zone that was chosen last, by camera. */
export const chosenZones = new Map<string, string>();
