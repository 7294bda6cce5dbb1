import { contains, type Point, type Polygon, type Polyline, piecesOf, rasterize } from "./geometry.ts";

/** Fine enough for what a person would call the same outline. */
const COLUMNS = 128;
const ROWS = 72;
/** Places of a line that are looked at, a piece. */
const PLACES = 12;

/** Whether something would be seen with `after` that `before` hides. */
export function uncovers(before: readonly Polygon[], after: readonly Polygon[]): boolean {
  const hidden = paint(after);
  return paint(before).some((is, place) => is === 1 && hidden[place] === 0);
}

/** Whether nothing of a zone is seen. */
export function isZoneHidden(zone: Polygon, masks: readonly Polygon[]): boolean {
  const own = rasterize(zone, COLUMNS, ROWS);
  return own.includes(1) && !uncovers([zone], masks);
}

/** Whether nothing of a line is seen. */
export function isLineHidden(line: Polyline, masks: readonly Polygon[]): boolean {
  const places = piecesOf(line).flatMap(([[ax, ay], [bx, by]]) =>
    Array.from({ length: PLACES }, (_, i): Point => {
      const share = (i + 0.5) / PLACES;
      return [ax + (bx - ax) * share, ay + (by - ay) * share];
    }),
  );
  return places.length > 0 && places.every((place) => masks.some((mask) => contains(mask, place)));
}

function paint(masks: readonly Polygon[]): Uint8Array {
  const all = new Uint8Array(COLUMNS * ROWS);
  for (const mask of masks) {
    const one = rasterize(mask, COLUMNS, ROWS);
    for (let place = 0; place < all.length; place++) all[place] = (all[place] ?? 0) | (one[place] ?? 0);
  }
  return all;
}
