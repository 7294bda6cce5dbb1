import { isLineHidden, isZoneHidden, uncovers } from "../../../core/masks.ts";
import type { MaskView, ShapeKind } from "../../../core/shapes.ts";
import type { CameraView } from "../../../core/village.ts";
import { type Phrase, phrase } from "./phrase.ts";
import type { ShapeDraft } from "./shape-draft.ts";

/** What would see nothing below the masks, were this drawn so; undefined where all see something. */
export function hiddenPhrase(
  kind: ShapeKind,
  id: string,
  draft: ShapeDraft,
  { zones, lines = [], masks = [] }: Pick<CameraView, "zones" | "lines" | "masks">,
): Phrase | undefined {
  const outlines = masks.map(({ polygon }) => polygon);
  if (kind === "zone") return isZoneHidden(draft.polygon, outlines) ? phrase("shape.hiddenZone") : undefined;
  if (kind === "line") return isLineHidden(draft.line, outlines) ? phrase("shape.hiddenLine") : undefined;
  const others = masks.flatMap((mask) => (mask.id === id ? [] : [mask.polygon]));
  const all = [...others, draft.polygon];
  const hidden = [
    ...zones.filter(({ polygon, whole }) => isZoneHidden(whole ?? polygon, all)),
    ...lines.filter(({ points }) => isLineHidden(points, all)),
  ];
  if (hidden.length === 0) return undefined;
  return phrase("shape.hides", { names: hidden.map(({ name }) => name).join(" ") });
}

/** Whether something would be seen that is hidden now, were this mask so. @param draft undefined: were it not there. */
export function wouldUncover(masks: readonly MaskView[], id: string, draft: ShapeDraft | undefined): boolean {
  const others = masks.flatMap((mask) => (mask.id === id ? [] : [mask.polygon]));
  const now = masks.map(({ polygon }) => polygon);
  return uncovers(now, draft ? [...others, draft.polygon] : others);
}
