import { lineCrossesItself, type Polyline, piecesOf } from "./geometry.ts";

export const MOST_POINTS = 16;
/** A twentieth of the picture's width or height: shorter ones are drawn by mistake. */
const LEAST_LENGTH = 0.05;

export type LineFault = "points" | "outside" | "crosses" | "short";

/**
 * What makes a line useless for counting who goes over it: one point, one outside the picture, a crossing of itself or a
 * way back, or no length. For `check`, for the box and for the page that draws it.
 */
export function lineFault(points: Polyline): LineFault | undefined {
  if (points.length < 2) return "points";
  if (points.some((point) => point.some((value) => !(value >= 0 && value <= 1)))) return "outside";
  if (lineCrossesItself(points)) return "crosses";
  const length = piecesOf(points).reduce(
    (sum, [[ax, ay], [bx, by]]) => sum + Math.hypot(bx - ax, by - ay),
    0,
  );
  return length < LEAST_LENGTH ? "short" : undefined;
}
