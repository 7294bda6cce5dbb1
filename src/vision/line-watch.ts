import { type Point, type Polyline, passes, piecesOf } from "../core/geometry.ts";
import type { Line } from "../core/site.ts";
import type { Crossing } from "./people-findings.ts";
import { apart, type Track } from "./shape-tracks.ts";

/**
 * How far from the line, on either side, a mover must have been before it counts: this share of its own height, within
 * bounds in heights of the picture. The feet of a shape jitter by a cell or two.
 */
const REACH_SHARE = 0.3;
const LEAST_REACH = 0.025;
const MOST_REACH = 0.08;
/** What was not seen for longer is forgotten; longer than a track itself lives unseen. */
const FORGOTTEN_MS = 10_000;

export type Mover = Pick<Track, "id" | "box" | "feet" | "before" | "path">;

interface Passage {
  /** Times over the line since it was last clear of it: 1 is from right to left. */
  net: number;
  /** It has been clear of the line, so that it can go over it. */
  wasClear: boolean;
  seenMs: number;
}

/** A crossing, and who it was. */
export interface GoneOver<Who> extends Pick<Crossing, "line" | "direction" | "box" | "path"> {
  readonly track: Who;
}

/**
 * Tells when a mover has gone over a line. It counts once it is clear of the line on the other side: who turns back on
 * the line has not gone over it, and who goes back has gone over it twice.
 */
export class LineWatch<Who extends Mover> {
  readonly #line: Line;
  readonly #passages = new Map<number, Passage>();

  constructor(line: Line) {
    this.#line = line;
  }

  get line(): Line {
    return this.#line;
  }

  look(tracks: readonly Who[], atMonotonicMs: number): GoneOver<Who>[] {
    const crossings: GoneOver<Who>[] = [];
    for (const track of tracks) {
      const net = this.#move(track, atMonotonicMs);
      if (net === 0) continue;
      const towards = net > 0 ? "left" : "right";
      const direction = towards === this.#line.inside ? "in" : "out";
      const { box, path } = track;
      crossings.push({ line: this.#line.id, direction, box, path, track });
    }
    for (const [id, { seenMs }] of this.#passages) {
      if (atMonotonicMs - seenMs > FORGOTTEN_MS) this.#passages.delete(id);
    }
    return crossings;
  }

  /** 1 or -1 on the look at which the track has gone over the line. */
  #move({ id, box, feet, before }: Mover, seenMs: number): number {
    const passage = this.#passages.get(id) ?? { net: 0, wasClear: false, seenMs };
    this.#passages.set(id, passage);
    passage.seenMs = seenMs;
    passage.net += passes(this.#line.points, before, feet);
    const reach = Math.min(MOST_REACH, Math.max(LEAST_REACH, REACH_SHARE * box.height));
    if (distanceTo(this.#line.points, feet) < reach) return 0;
    const crossed = passage.wasClear ? Math.sign(passage.net) : 0;
    passage.net = 0;
    passage.wasClear = true;
    return crossed;
  }
}

/** A watch for each line; of one that is as before, the one that knows who is on it. */
export function watchesOf<Who extends Mover>(
  lines: readonly Line[],
  before: readonly LineWatch<Who>[] = [],
): LineWatch<Who>[] {
  const isSame = (a: Line, b: Line): boolean =>
    a.id === b.id && a.inside === b.inside && JSON.stringify(a.points) === JSON.stringify(b.points);
  return lines.map((line) => before.find((watch) => isSame(watch.line, line)) ?? new LineWatch<Who>(line));
}

/** In heights of the picture. */
function distanceTo(line: Polyline, point: Point): number {
  return Math.min(...piecesOf(line).map(([a, b]) => apart(point, nearestOn(a, b, point))));
}

/** The foot of the perpendicular, or the end that is nearer; good enough where the picture is wider than high. */
function nearestOn(a: Point, b: Point, point: Point): Point {
  const squared = (b[0] - a[0]) ** 2 + (b[1] - a[1]) ** 2;
  const along = (point[0] - a[0]) * (b[0] - a[0]) + (point[1] - a[1]) * (b[1] - a[1]);
  const share = squared === 0 ? 0 : Math.min(1, Math.max(0, along / squared));
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
}
