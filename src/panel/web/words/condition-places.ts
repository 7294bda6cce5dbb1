import type { ShapeKind } from "../../../core/shapes.ts";
import type { Condition } from "../../../core/site.ts";

/** Whether a rule with this condition watches a zone or line of a camera. */
export function needsShape(when: Condition, kind: ShapeKind, camera: string, id: string): boolean {
  if (!("camera" in when) || when.camera !== camera || kind === "mask") return false;
  if (when.kind === "line") return kind === "line" && when.line === id;
  if (kind !== "zone") return false;
  return when.kind === "passage" ? [when.from, when.to].includes(id) : when.zone === id;
}
