import { type Point, type Polyline, piecesOf } from "../../../core/geometry.ts";
import type { Line } from "../../../core/site.ts";

/** In heights of the picture. */
const ARROW = 0.11;
const HEAD = 0.03;
const APART = 0.05;
const LABEL = 0.17;
/** Words stay on the picture. */
const EDGE = 0.07;

export interface LineWay {
  /** Shaft and head in one stroke. */
  readonly arrow: Polyline;
  /** Where the name of the side stands to which it leads. */
  readonly label: Point;
}

/** The two ways over a line, drawn square to the middle of its longest piece. @param aspect width by height of the picture. */
export function lineWays(
  points: Polyline,
  inside: Line["inside"],
  aspect: number,
): { readonly in: LineWay; readonly out: LineWay } | undefined {
  const pieces = piecesOf(points).map(([[ax, ay], [bx, by]]) => {
    const [dx, dy] = [(bx - ax) * aspect, by - ay];
    return { middle: [((ax + bx) / 2) * aspect, (ay + by) / 2] as Point, dx, dy, length: Math.hypot(dx, dy) };
  });
  const longest = pieces.reduce<(typeof pieces)[number] | undefined>(
    (best, piece) => (best && best.length >= piece.length ? best : piece),
    undefined,
  );
  if (!longest || longest.length === 0) return undefined;
  const { middle, dx, dy, length } = longest;
  const along: Point = [dx / length, dy / length];
  // Left of who walks along it; y grows downwards.
  const left: Point = [along[1], -along[0]];
  const inward = inside === "left" ? left : turned(left);
  const way = (towards: Point, aside: number): LineWay => {
    const from = (share: number, side: number): Point => [
      (middle[0] + towards[0] * share + along[0] * (aside + side)) / aspect,
      middle[1] + towards[1] * share + along[1] * (aside + side),
    ];
    const tip = from(ARROW, 0);
    return {
      arrow: [from(-ARROW, 0), tip, from(ARROW - HEAD, HEAD), tip, from(ARROW - HEAD, -HEAD)],
      label: within(from(LABEL, -aside)),
    };
  };
  return { in: way(inward, -APART), out: way(turned(inward), APART) };
}

const turned = ([x, y]: Point): Point => [-x, -y];
const clamped = (value: number): number => Math.min(1 - EDGE, Math.max(EDGE, value));
const within = ([x, y]: Point): Point => [clamped(x), clamped(y)];
