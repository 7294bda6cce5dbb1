import type { Polyline } from "../../../core/geometry.ts";
import type { ShapeKind } from "../../../core/shapes.ts";
import type { CameraView } from "../../../core/village.ts";
import type { ShapeDraft } from "./shape-draft.ts";

/** What else is on the picture while one of these is drawn. @param water the zone whose waterline is tapped, while it is. */
export function besideOf(
  kind: ShapeKind,
  id: string,
  water: ShapeDraft | undefined,
  { zones, lines = [], masks = [] }: Pick<CameraView, "zones" | "lines" | "masks">,
): Polyline[] {
  if (water) return [closed(water.polygon)];
  if (kind === "zone") return [];
  const outlines = zones.map(({ polygon, whole }) => closed(whole ?? polygon));
  if (kind === "line") return [...outlines, ...lines.flatMap((one) => (one.id === id ? [] : [one.points]))];
  return [...outlines, ...masks.flatMap((one) => (one.id === id ? [] : [closed(one.polygon)]))];
}

/** The first corner stands at its end again. */
export function closed(polygon: Polyline): Polyline {
  return [...polygon, ...polygon.slice(0, 1)];
}
