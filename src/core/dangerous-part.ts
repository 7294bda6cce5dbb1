import type { Point, Polygon } from "./geometry.ts";
import { outlineFault } from "./outline.ts";
import { edgeAt, findShore, inPicture, onBank, type Shore, type WaterlineFault } from "./shore.ts";
import type { Waterline } from "./site.ts";

/** How far up the bank from the water's edge it is dangerous unless told otherwise, in fractions of the picture. */
export const USUAL_MARGIN = 0.1;
/** Corners nearer to each other than this are one. In fractions of the picture. */
const ONE_CORNER = 1e-5;
/** So far above the edge is still on it: sums of fractions are not exact. */
const ON_EDGE = 1e-9;

/**
 * What of a zone is dangerous at a level: the water, and the bank up to `margin` above its edge. Never an outline that
 * crosses itself or leaves the zone: where the part would fall into pieces it is the whole zone, which errs towards speaking.
 */
export function dangerousPart(polygon: Polygon, shore: Shore, margin: number, level: number): Polygon {
  const [part, ...more] = partsBelow(polygon, shore, margin, level) ?? [];
  return part && more.length === 0 && !outlineFault(part) ? part : polygon;
}

/** Why the zone cannot follow these lines. For `check`, for the server and for the page that draws it. */
export function waterlineFault(
  polygon: Polygon,
  { lines, margin }: Pick<Waterline, "lines" | "margin">,
): WaterlineFault | undefined {
  const { shore, fault } = findShore(lines);
  if (!shore) return fault;
  for (const level of shore.levels) {
    const index = lines.findIndex((line) => line.level === level);
    const parts = partsBelow(polygon, shore, margin, level);
    if (
      parts &&
      (parts.length === 0 || (parts.length === 1 && outlineFault(parts[0] ?? [])?.kind === "empty"))
    )
      return { kind: "nothing-left", at: [index] };
    if (!parts || parts.length > 1) return { kind: "pieces", at: [index] };
  }
  return undefined;
}

interface Place {
  readonly s: number;
  readonly height: number;
  /** Above the upper edge of what is dangerous. */
  readonly above: number;
}

type Crossing = Place & { readonly isEntry: boolean };
/** The outline's corners that stay, and between them where it goes over the edge. */
type Step = Place & { readonly isEntry?: boolean };

/** Pieces of the zone that lie below the edge plus the margin; undefined where the outline only touches the edge. */
function partsBelow(polygon: Polygon, shore: Shore, margin: number, level: number): Polygon[] | undefined {
  const edge = edgeAt(shore, level).map((height) => height + margin);
  const outline = placesOf(polygon, shore, edge);
  if (outline.every(({ above }) => above <= ON_EDGE)) return [polygon];
  const steps = outline.flatMap((from, index): Step[] => {
    const to = outline[(index + 1) % outline.length] ?? from;
    const isIn = from.above <= ON_EDGE;
    const own = isIn ? [from] : [];
    return isIn === to.above <= ON_EDGE ? own : [...own, { ...crossingOf(from, to), isEntry: !isIn }];
  });
  const crossings = steps.filter((step): step is Crossing => step.isEntry !== undefined);
  const partners = partnersOf(crossings);

  const parts: Polygon[] = [];
  const left = new Set(crossings.filter(({ isEntry }) => isEntry));
  for (const start of left) {
    const ring: Place[] = [];
    let entry = start;
    do {
      left.delete(entry);
      const exit = follow(steps, entry, ring);
      const next = partners.get(exit);
      if (!next?.isEntry || (next !== start && !left.has(next))) return undefined;
      ring.push(...edgeBetween(exit, next, shore, edge));
      entry = next;
    } while (entry !== start);
    const part = cornersOf(ring, shore);
    if (part.length >= 3) parts.push(part);
  }
  return parts;
}

/** The corners, and where the sides go over a station: from one to the next everything is straight. */
function placesOf(polygon: Polygon, shore: Shore, edge: readonly number[]): Place[] {
  const corners = polygon.map((corner) => onBank(shore, corner));
  return corners.flatMap(([s, height], index) => {
    const [toS, toHeight] = corners[(index + 1) % corners.length] ?? [s, height];
    const between = shore.stations.filter(
      (station) => station > Math.min(s, toS) && station < Math.max(s, toS),
    );
    if (toS < s) between.reverse();
    return [s, ...between].map((place) => {
      const share = toS === s ? 0 : (place - s) / (toS - s);
      const own = height + share * (toHeight - height);
      return { s: place, height: own, above: own - edgeHeight(shore.stations, edge, place) };
    });
  });
}

function edgeHeight(stations: readonly number[], edge: readonly number[], s: number): number {
  const next = stations.findIndex((station) => station >= s);
  if (next === 0) return edge[0] ?? 0;
  if (next < 0) return edge[edge.length - 1] ?? 0;
  const [from, to] = [stations[next - 1] as number, stations[next] as number];
  const [below, above] = [edge[next - 1] as number, edge[next] as number];
  return below + ((above - below) * (s - from)) / (to - from);
}

function crossingOf(from: Place, to: Place): Place {
  const share = from.above / (from.above - to.above);
  return {
    s: from.s + share * (to.s - from.s),
    height: from.height + share * (to.height - from.height),
    above: 0,
  };
}

/** Along the edge the zone begins at one crossing and ends at the next. */
function partnersOf(crossings: readonly Crossing[]): Map<Place, Crossing> {
  const sorted = [...crossings].sort((a, b) => a.s - b.s);
  const partners = new Map<Place, Crossing>();
  for (let i = 0; i + 1 < sorted.length; i += 2) {
    const [one, other] = [sorted[i] as Crossing, sorted[i + 1] as Crossing];
    partners.set(one, other);
    partners.set(other, one);
  }
  return partners;
}

/** Takes the steps from an entry to the next exit into the ring. */
function follow(steps: readonly Step[], entry: Step, ring: Place[]): Step {
  let index = steps.indexOf(entry);
  let step = entry;
  do {
    ring.push(step);
    index = (index + 1) % steps.length;
    step = steps[index] as Step;
  } while (step.isEntry === undefined);
  ring.push(step);
  return step;
}

function edgeBetween(from: Place, to: Place, { stations }: Shore, edge: readonly number[]): Place[] {
  const [low, high] = [Math.min(from.s, to.s), Math.max(from.s, to.s)];
  const places = stations.flatMap((s, i) =>
    s > low && s < high ? [{ s, height: edge[i] as number, above: 0 }] : [],
  );
  return from.s > to.s ? places.reverse() : places;
}

function cornersOf(ring: readonly Place[], shore: Shore): Polygon {
  const corners = ring.map(({ s, height }) => inPicture(shore, [s, height]));
  return corners.filter((corner, index) => {
    const next = corners[(index + 1) % corners.length] ?? corner;
    return !isNear(corner, next);
  });
}

const isNear = ([ax, ay]: Point, [bx, by]: Point): boolean => Math.hypot(bx - ax, by - ay) < ONE_CORNER;
