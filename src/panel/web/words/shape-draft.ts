import { dangerousPart, USUAL_MARGIN, waterlineFault } from "../../../core/dangerous-part.ts";
import type { Point, Polygon, Polyline } from "../../../core/geometry.ts";
import { lineFault } from "../../../core/line-fault.ts";
import { outlineFault } from "../../../core/outline.ts";
import type { LineDrawing, MaskDrawing, ShapeKind } from "../../../core/shapes.ts";
import { findShore } from "../../../core/shore.ts";
import type { Line, WaterMark } from "../../../core/site.ts";
import type { ZoneDrawing, ZoneView } from "../../../core/zones.ts";

/** What is drawn, while it is; immutable, so that each step can be taken back. */
export interface ShapeDraft {
  readonly name: string;
  /** The outline of a zone or mask. */
  readonly polygon: Polygon;
  readonly sensor: string;
  readonly margin: number;
  readonly lines: readonly WaterMark[];
  /** A line, or the waterline of a zone that is being tapped. */
  readonly line: Polyline;
  /** Of a line: the village's side. */
  readonly inside: Line["inside"];
}

/** Before the first tap. */
export const NOTHING: ShapeDraft = {
  name: "",
  polygon: [],
  sensor: "",
  margin: USUAL_MARGIN,
  lines: [],
  line: [],
  inside: "left",
};

const MOST_CORNERS = 64;
const MOST_POINTS = 16;
const MOST_LINES = 8;
/** Lines of levels nearer to each other than this share of a unit are one: the later takes the earlier's place. */
const SAME_LEVEL = 0.005;

/** @param sensors ids; the first serves where the zone has no waterline yet. */
export function draftOf(zone: ZoneView, sensors: readonly string[]): ShapeDraft {
  return {
    ...NOTHING,
    name: zone.name,
    polygon: zone.whole ?? zone.polygon,
    sensor: zone.waterline?.sensor ?? sensors[0] ?? "",
    margin: zone.waterline?.margin ?? USUAL_MARGIN,
    lines: zone.waterline?.lines ?? [],
  };
}

export function lineDraftOf({ name, points, inside }: LineDrawing): ShapeDraft {
  return { ...NOTHING, name, line: points, inside };
}

export function maskDraftOf({ name, polygon }: MaskDrawing): ShapeDraft {
  return { ...NOTHING, name, polygon };
}

/** The outline with a corner more, in the side that it lengthens least. */
export function withCorner(draft: ShapeDraft, point: Point): ShapeDraft {
  if (draft.polygon.length >= MOST_CORNERS) return draft;
  return { ...draft, polygon: inserted(draft.polygon, point, true) };
}

/** The waterline with a point more: between two or beyond an end, where it lengthens the line least. */
export function withPoint(draft: ShapeDraft, point: Point): ShapeDraft {
  if (draft.line.length >= MOST_POINTS) return draft;
  return { ...draft, line: inserted(draft.line, point, false) };
}

/** Where the first corners go: far enough from each other to be taken hold of on the smallest telephone. */
const FIRST: Point = [0.25, 0.6];
const APART: Point = [0.5, 0.3];

/** A point in the middle of the longest side or piece, for who has no finger on the picture; the first ones are well apart. */
export function middleOf(points: Polyline, isClosed: boolean): Point {
  const [first, second] = points;
  if (!first) return FIRST;
  const beside = ([x, y]: Point): Point => [x < 0.5 ? x + APART[0] : x - APART[0], y];
  if (!second) return beside(first);
  const sides = points.map((from, i) => [from, points[i + 1] ?? (isClosed ? points[0] : undefined)] as const);
  let longest: readonly [Point, Point] | undefined;
  for (const [from, to] of sides) {
    if (to && (!longest || far(from, to) > far(...longest))) longest = [from, to];
  }
  if (longest && far(...longest) > 0) {
    const [[ax, ay], [bx, by]] = longest;
    const [x, y] = [(ax + bx) / 2, (ay + by) / 2];
    // Two corners and one between them would enclose nothing.
    if (isClosed && points.length === 2) return [x, y < 0.5 ? y + APART[1] : y - APART[1]];
    return [x, y];
  }
  return beside(first);
}

export function moved(points: Polyline, index: number, point: Point): Polyline {
  return points.map((each, i) => (i === index ? point : each));
}

export function without(points: Polyline, index: number): Polyline {
  return points.filter((_, i) => i !== index);
}

/** The tapped line is where the water is at this level. */
export function marked(draft: ShapeDraft, level: number): ShapeDraft {
  const others = draft.lines.filter((line) => Math.abs(line.level - level) > SAME_LEVEL);
  if (draft.line.length < 2 || others.length >= MOST_LINES) return draft;
  const lines = [...others, { level, line: draft.line }].sort((a, b) => a.level - b.level);
  return { ...draft, lines, line: [] };
}

export interface DraftFault {
  /** As the box would refuse it, e.g. `outline.crosses`. */
  readonly code: string;
  /** Corners at which the sides begin that it is about. */
  readonly sides: readonly number[];
}

/** Why the box would not take it; one waterline alone it does. */
export function draftFault({ polygon, lines, margin }: ShapeDraft): DraftFault | undefined {
  const outline = outlineFault(polygon);
  if (outline) {
    const sides = outline.kind === "crosses" ? outline.at : [];
    return { code: `outline.${outline.kind}`, sides };
  }
  const fault = lines.length > 0 ? waterlineFault(polygon, { lines, margin }) : undefined;
  if (!fault || (fault.kind === "levels" && lines.length === 1)) return undefined;
  return { code: `waterline.${fault.kind.replaceAll("-", "_")}`, sides: [] };
}

/** Why the box would not take it. */
export function shapeFault(kind: ShapeKind, draft: ShapeDraft): DraftFault | undefined {
  const unnamed = draft.name.trim() === "" ? { code: "shape_unnamed", sides: [] } : undefined;
  if (kind === "zone") return draftFault(draft) ?? unnamed;
  if (unnamed) return unnamed;
  if (kind === "line") {
    const fault = lineFault(draft.line);
    return fault && { code: `line.${fault}`, sides: [] };
  }
  const fault = outlineFault(draft.polygon);
  return fault && { code: `mask.${fault.kind}`, sides: fault.kind === "crosses" ? fault.at : [] };
}

/** What would be dangerous at this level; undefined until there are two waterlines. */
export function partAt({ polygon, lines, margin }: ShapeDraft, level: number): Polygon | undefined {
  const { shore } = findShore(lines);
  return shore && dangerousPart(polygon, shore, margin, level);
}

export function drawingOf({ polygon, sensor, margin, lines }: ShapeDraft): ZoneDrawing {
  return lines.length > 0 ? { polygon, waterline: { sensor, margin, lines } } : { polygon };
}

export function shapeDrawing(kind: ShapeKind, draft: ShapeDraft): ZoneDrawing | LineDrawing | MaskDrawing {
  if (kind === "zone") return drawingOf(draft);
  const name = draft.name.trim();
  return kind === "line" ? lineDrawing(draft) : { name, polygon: draft.polygon };
}

export function lineDrawing({ name, line, inside }: ShapeDraft): LineDrawing {
  return { name: name.trim(), points: line, inside };
}

function inserted(points: Polyline, point: Point, isClosed: boolean): Polyline {
  if (points.length < 2) return [...points, point];
  const gaps = points.map((from, i) => {
    const to = points[i + 1] ?? (isClosed ? points[0] : undefined);
    return { at: i + 1, longer: to ? far(from, point) + far(point, to) - far(from, to) : far(from, point) };
  });
  if (!isClosed) gaps.push({ at: 0, longer: far(points[0] ?? point, point) });
  const best = gaps.reduce((least, gap) => (gap.longer < least.longer ? gap : least));
  return [...points.slice(0, best.at), point, ...points.slice(best.at)];
}

const far = ([ax, ay]: Point, [bx, by]: Point): number => Math.hypot(bx - ax, by - ay);
