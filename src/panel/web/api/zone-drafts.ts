import { reactive } from "vue";
import type { ZoneDraft } from "../words/zone-draft.ts";

/** What is drawn and not yet saved. */
export interface ZoneWork {
  readonly draft: ZoneDraft;
  /** Drafts before, oldest first: each a step that can be taken back. */
  readonly before: readonly ZoneDraft[];
}

/** By camera and zone. Stays while the page does: who closes the picture by mistake has lost nothing. */
export const zoneWorks = reactive(new Map<string, ZoneWork>());
