import { lineCrossesItself, type Point, type Polyline, piecesOf } from "./geometry.ts";
import type { WaterMark } from "./site.ts";

// A bank as its waterlines show it. All lines go along the bank in one direction, so that each is a height over the way
// along it: between two levels the edge is between the two heights, whatever corners they were drawn with.

/** Shorter lines were tapped by mistake. In fractions of the picture. */
const LEAST_LENGTH = 0.05;
/** Lines of different levels that are nearer to each other than this on the whole tell nothing of the bank. */
const LEAST_RISE = 0.01;
/** A finger is no finer than this: where a bank is steep, the upper line may stand a little below the lower. */
const FINGER = 0.012;
/** Pieces of the lines may differ in direction by less than this, radians: 160 degrees. */
const MOST_SPREAD = (160 / 180) * Math.PI;

export interface WaterlineFault {
  readonly kind:
    | "levels"
    | "same-level"
    | "short"
    | "outside"
    | "crosses"
    | "turns"
    | "apart"
    | "no-rise"
    | "order"
    | "nothing-left"
    | "pieces";
  /** The lines that it is about, from 0, as they were given. */
  readonly at: readonly number[];
}

/** Numbers ascend with the level. */
export interface Shore {
  readonly levels: readonly number[];
  /** Along the bank, of length 1. */
  readonly along: Point;
  /** Up the bank, square to `along`. */
  readonly up: Point;
  /** Places along the bank, ascending. Between neighbours all lines are straight. */
  readonly stations: readonly number[];
  /** Of each line at each station, never less than the line below; level beyond a line's ends. */
  readonly heights: readonly (readonly number[])[];
  /** From where to where along the bank each line was drawn. */
  readonly spans: readonly (readonly [from: number, to: number])[];
}

/** Exactly one of the two is there. */
export type ShoreFound =
  | { readonly shore: Shore; readonly fault?: undefined }
  | { readonly shore?: undefined; readonly fault: WaterlineFault };

const fault = (kind: WaterlineFault["kind"], ...at: number[]): ShoreFound => ({ fault: { kind, at } });

/** Reads the bank out of lines in any order, each drawn from either end. Which side is land, the rise of the lines tells. */
export function findShore(marks: readonly WaterMark[]): ShoreFound {
  const wrong = marks.map(({ line }, index) => lineFault(line, index)).find((found) => found !== undefined);
  if (wrong) return { fault: wrong };
  if (marks.length < 2) return fault("levels");
  const order = marks.map((_, index) => index).sort((a, b) => levelOf(marks, a) - levelOf(marks, b));
  const twin = order.findIndex((index, i) => i > 0 && levelOf(marks, index) === levelOf(marks, order[i - 1]));
  if (twin > 0) return fault("same-level", ...ordered(order[twin - 1], order[twin]));

  const lines = inOneDirection(order.map((index) => (marks[index] as WaterMark).line));
  const along = directionOf(lines);
  if (!along) return fault("turns", ...order.map((_, index) => index));
  const across: Point = [-along[1], along[0]];
  const flat = lines.map((line) =>
    line.map((point): Point => [station(dot(point, along)), dot(point, across)]),
  );
  const spans = flat.map((line) => [first(line)[0], last(line)[0]] as const);
  const from = Math.max(...spans.map(([start]) => start));
  const to = Math.min(...spans.map(([, end]) => end));
  if (to - from < LEAST_LENGTH) return fault("apart");

  const stations = [...new Set(flat.flat().map(([s]) => s))].sort((a, b) => a - b);
  const raw = flat.map((line) => stations.map((s) => heightAt(line, s)));
  const shared = stations.flatMap((s, index) => (s >= from && s <= to ? [index] : []));
  const rise = meanRise(raw, stations, shared);
  if (Math.abs(rise) < LEAST_RISE) {
    const top = raw.length - 1;
    const doDiffer = shared.some((i) => Math.abs(at(raw, top, i) - at(raw, 0, i)) > FINGER);
    return doDiffer ? fault("order", ...ordered(order[0], order[top])) : fault("no-rise");
  }
  const sign = Math.sign(rise);
  const signed = raw.map((heights) => heights.map((height) => height * sign));
  for (let upper = 1; upper < signed.length; upper++) {
    const isBelow = shared.some((i) => at(signed, upper, i) < at(signed, upper - 1, i) - FINGER);
    if (isBelow) return fault("order", ...ordered(order[upper - 1], order[upper]));
  }
  const heights = signed.map((_, line) =>
    stations.map((_, i) => Math.max(...signed.slice(0, line + 1).map((row) => row[i] as number))),
  );
  const levels = order.map((index) => levelOf(marks, index));
  const up: Point = [across[0] * sign, across[1] * sign];
  return { shore: { levels, along, up, stations, heights, spans } };
}

/** Height of the water's edge at each station at a level; beyond the measured levels that of the nearest. */
export function edgeAt({ levels, heights, stations }: Shore, level: number): number[] {
  const { lower, upper, share } = between(levels, level);
  return stations.map((_, i) => (1 - share) * at(heights, lower, i) + share * at(heights, upper, i));
}

/** The water's edge at a level as a line in the picture, as far along the bank as the lines on both sides of it go. */
export function waterlineAt(shore: Shore, level: number): Polyline {
  const { lower, upper, share } = between(shore.levels, level);
  const [first, second] = [shore.spans[share < 1 ? lower : upper], shore.spans[share > 0 ? upper : lower]];
  const from = Math.max(first?.[0] ?? 0, second?.[0] ?? 0);
  const to = Math.min(first?.[1] ?? 0, second?.[1] ?? 0);
  const edge = edgeAt(shore, level);
  return shore.stations.flatMap((s, i) =>
    s >= from && s <= to ? [inPicture(shore, [s, edge[i] as number])] : [],
  );
}

/** From places along and up the bank back to the picture. */
export function inPicture({ along, up }: Shore, [s, height]: Point): Point {
  return [within(s * along[0] + height * up[0]), within(s * along[1] + height * up[1])];
}

export function onBank({ along, up }: Shore, point: Point): Point {
  return [dot(point, along), dot(point, up)];
}

function lineFault(line: Polyline, index: number): WaterlineFault | undefined {
  const isOutside = line.some((point) => point.some((value) => !(value >= 0 && value <= 1)));
  if (isOutside) return { kind: "outside", at: [index] };
  const length = piecesOf(line).reduce((sum, [[ax, ay], [bx, by]]) => sum + Math.hypot(bx - ax, by - ay), 0);
  if (line.length < 2 || length < LEAST_LENGTH) return { kind: "short", at: [index] };
  if (lineCrossesItself(line)) return { kind: "crosses", at: [index] };
  return directionOf([line]) ? undefined : { kind: "turns", at: [index] };
}

function inOneDirection(lines: readonly Polyline[]): Polyline[] {
  const [main] = lines.map(wayOf);
  return lines.map((line) => (dot(wayOf(line), main ?? [1, 0]) < 0 ? [...line].reverse() : line));
}

/** The direction that all pieces of the lines have most in common; undefined where some turn back. */
function directionOf(lines: readonly Polyline[]): Point | undefined {
  const ways = lines.map(wayOf);
  const [x, y] = [ways.reduce((sum, way) => sum + way[0], 0), ways.reduce((sum, way) => sum + way[1], 0)];
  const angles = lines.flatMap((line) =>
    piecesOf(line).flatMap(([[ax, ay], [bx, by]]) => {
      const [dx, dy] = [bx - ax, by - ay];
      return dx === 0 && dy === 0 ? [] : [Math.atan2(x * dy - y * dx, x * dx + y * dy)];
    }),
  );
  const [least, most] = [Math.min(...angles), Math.max(...angles)];
  if (Math.hypot(x, y) < LEAST_LENGTH / 2 || most - least >= MOST_SPREAD) return undefined;
  const angle = Math.atan2(y, x) + (least + most) / 2;
  return [Math.cos(angle), Math.sin(angle)];
}

function wayOf(line: Polyline): Point {
  return [last(line)[0] - first(line)[0], last(line)[1] - first(line)[1]];
}

/** @param line of places along the bank with heights, ascending. */
function heightAt(line: readonly Point[], s: number): number {
  if (s <= first(line)[0]) return first(line)[1];
  for (const [[fromS, fromHeight], [toS, toHeight]] of piecesOf(line)) {
    if (s <= toS && toS > fromS) return fromHeight + ((toHeight - fromHeight) * (s - fromS)) / (toS - fromS);
  }
  return last(line)[1];
}

/** From the lowest line to the highest, where all of them go. */
function meanRise(
  raw: readonly (readonly number[])[],
  stations: readonly number[],
  shared: readonly number[],
) {
  let [sum, length] = [0, 0];
  const riseAt = (i: number): number => at(raw, raw.length - 1, i) - at(raw, 0, i);
  shared.slice(1).forEach((i, index) => {
    const before = shared[index] as number;
    const step = (stations[i] as number) - (stations[before] as number);
    sum += (step * (riseAt(i) + riseAt(before))) / 2;
    length += step;
  });
  return sum / length;
}

function between(levels: readonly number[], level: number) {
  const upper = levels.findIndex((measured) => measured >= level);
  if (upper === 0) return { lower: 0, upper: 0, share: 0 };
  if (upper < 0) return { lower: levels.length - 1, upper: levels.length - 1, share: 0 };
  const [below, above] = [levels[upper - 1] as number, levels[upper] as number];
  return { lower: upper - 1, upper, share: (level - below) / (above - below) };
}

const dot = ([ax, ay]: Point, [bx, by]: Point): number => ax * bx + ay * by;
/** What is the same place but for the inexactness of sums is the same number. */
const station = (s: number): number => Math.round(s * 1e6) / 1e6;
const within = (value: number): number => Math.max(0, Math.min(1, value));
const first = (line: readonly Point[]): Point => line[0] ?? [0, 0];
const last = (line: readonly Point[]): Point => line[line.length - 1] ?? [0, 0];
const at = (rows: readonly (readonly number[])[], row: number, i: number): number => rows[row]?.[i] ?? 0;
const levelOf = (marks: readonly WaterMark[], index = 0): number => marks[index]?.level ?? 0;
const ordered = (a = 0, b = 0): number[] => [Math.min(a, b), Math.max(a, b)];
