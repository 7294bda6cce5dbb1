import { area, type Polygon, segmentsMeet } from "./geometry.ts";

/** A smaller outline was drawn by mistake, and no person far away would fit in. In squared fractions of the picture. */
const LEAST_AREA = 0.0005;

export interface OutlineFault {
  readonly kind: "corners" | "outside" | "crosses" | "empty";
  /** The corner, or the corners at which the two sides begin, from 0. */
  readonly at: readonly number[];
}

/**
 * What makes an outline useless as a zone or mask: fewer than three corners, one outside the picture, sides that cross
 * or touch, or nothing enclosed. For `check` and for the page that draws it.
 */
export function outlineFault(outline: Polygon): OutlineFault | undefined {
  if (outline.length < 3) return { kind: "corners", at: [] };
  const outside = outline.findIndex((corner) => corner.some((value) => !(value >= 0 && value <= 1)));
  if (outside >= 0) return { kind: "outside", at: [outside] };
  const meeting = sidesThatMeet(outline);
  if (meeting) return { kind: "crosses", at: meeting };
  return area(outline) < LEAST_AREA ? { kind: "empty", at: [] } : undefined;
}

function sidesThatMeet(outline: Polygon): readonly number[] | undefined {
  const sides = outline.map((from, index) => [from, outline[(index + 1) % outline.length] ?? from] as const);
  for (const [first, [a, b]] of sides.entries()) {
    for (const [second, [c, d]] of sides.entries()) {
      const isNext = second <= first + 1 || (second + 1) % sides.length === first;
      if (!isNext && segmentsMeet(a, b, c, d)) return [first, second];
    }
  }
  return undefined;
}
