import { reactive } from "vue";
import type { ShapeKind } from "../../../core/shapes.ts";
import type { ShapeDraft } from "../words/shape-draft.ts";
import { whenSomebodyElseComes } from "./next-person.ts";

/** What is drawn and not yet saved. */
export interface ShapeWork {
  readonly draft: ShapeDraft;
  /** Drafts before, oldest first: each a step that can be taken back. */
  readonly before: readonly ShapeDraft[];
  /** When that was drawn which it is drawn over; null where that is as configured, or was not there. */
  readonly over: string | null;
  /** It was sent to the box as it stands; the answer may have got lost. */
  readonly isSent?: boolean;
}

/** By camera, kind and id. Stays while the page does: who closes the picture by mistake has lost nothing. */
export const shapeWorks = reactive(new Map<string, ShapeWork>());

whenSomebodyElseComes(() => shapeWorks.clear());

export const keyOf = (camera: string, kind: ShapeKind, id: string): string => `${camera}/${kind}/${id}`;

/** What was chosen last, by camera: a kind, and by camera and kind: an id. */
export const chosenKinds = new Map<string, ShapeKind>();
export const chosenShapes = reactive(new Map<string, string>());

/** As the box takes ids; who made it up can send it again. */
export function newShapeId(kind: ShapeKind): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return `${kind}-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
