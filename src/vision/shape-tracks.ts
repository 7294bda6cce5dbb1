import { type Box, boxAround, type Point } from "../core/geometry.ts";
import { Trail } from "./trail.ts";

/** Analysed pictures are 16:9; distances are in heights of the picture, so that they are the same in every direction. */
const ASPECT = 16 / 9;
/** A mover out of sight, behind a post or another, for longer is another one when it comes back. */
const KEPT_MS = 1500;
/** The time between two looks for which the reach below is meant: 5 looks a second. */
const LOOK_MS = 200;
/** How far from where it is expected something may turn up, in its own diagonals; the first step has no direction yet. */
const REACH = 1.5;
const FIRST_REACH = 2;
/** After a longer pause it may be further off, by so much a look; on its first step it may have gone on all the while. */
const MORE_A_LOOK = 0.3;
const MOST_LOOKS = 4;
/** Nothing goes further than this from one look to the next, in heights of the picture. */
const FURTHEST = 0.9;
/** Nothing grows or shrinks by more than this from one look to the next, unless it is where it was. */
const MOST_GROWTH = 4;
/** Share of the newest step in the speed: one look alone jitters by a cell. */
const SPEED_SHARE = 0.5;
/** Head and legs of one person, apart by a belt in the background's colour: in heights of the picture. */
const PIECES_GAP = 0.07;
/** Movers that meet: each seen so often before, and no smaller beside their common shape, which an arm would be. */
const LOOKS_TO_MEET = 3;
const LEAST_HEIGHT_SHARE = 0.5;
const LEAST_WIDTH_SHARE = 0.3;
/** Who goes on in one shape for longer goes together, and counts as one. */
const TOGETHER_MS = 3000;

/** What has gone somewhere: so far from where it began, in its own diagonals, on so many looks, and fairly straight. */
const GONE = 0.4;
const LOOKS_TO_GO = 3;
const STRAIGHT = 0.6;
/** Who runs (5 m/s at 1.7 m) goes no further, in own heights: what does has jumped from one thing to another. */
const JITTER = 0.5;
const FASTEST_A_SECOND = 3;

export interface Track {
  readonly id: number;
  readonly box: Box;
  /** The middle of the lower edge: where it stands on the ground. */
  readonly feet: Point;
  /** Where the feet were on the look before; the same as `feet` on the first. */
  readonly before: Point;
  /** It has gone somewhere since it was first seen: a wave or a branch only goes to and fro. */
  readonly hasGone: boolean;
  /** Where the feet were in its last seconds, oldest first. */
  readonly path?: readonly Point[] | undefined;
}

interface Followed {
  readonly id: number;
  origin: Point;
  /** All the way it went, in heights of the picture. */
  way: number;
  hasGone: boolean;
  readonly trail: Trail;
  box: Box;
  feet: Point;
  before: Point;
  /** Fractions of the picture per ms. */
  speed: Point;
  looks: number;
  seenMs: number;
  /** Of the last look at which no other was in the same shape. */
  aloneMs: number;
}

interface Candidate {
  readonly track: Followed;
  readonly shape: number;
  readonly cost: number;
}

/**
 * Follows shapes from look to look by where each is expected next. Time-based: it works at five looks a second as at
 * one, for what is then no faster than its own reach.
 */
export class ShapeTracks {
  #tracks: Followed[] = [];
  #nextId = 1;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** Gives what was seen on this look; what is hidden for the moment is left out. */
  look(shapes: readonly { readonly box: Box }[], atMonotonicMs: number): Track[] {
    const boxes = joinPieces(shapes.map(({ box }) => box));
    this.#tracks = this.#tracks.filter(({ seenMs, looks }) => {
      // What was seen on one look and not on the next was a flash, or a piece of another.
      return looks > 1 ? atMonotonicMs - seenMs <= KEPT_MS : seenMs === this.#lastMs;
    });
    this.#lastMs = atMonotonicMs;
    const expected = new Map(
      this.#tracks.map((track) => [track, moved(track.box, track.speed, atMonotonicMs - track.seenMs)]),
    );
    const meetings = this.#meetings(boxes, expected, atMonotonicMs);
    const seen: Followed[] = [];
    for (const [track, box] of meetings) {
      this.#follow(track, within(expected.get(track) ?? track.box, box), atMonotonicMs, false);
      seen.push(track);
    }
    const taken = new Set([...meetings.values()].map((box) => boxes.indexOf(box)));
    for (const { track, shape } of this.#candidates(boxes, expected, taken, atMonotonicMs)) {
      if (taken.has(shape) || seen.includes(track)) continue;
      taken.add(shape);
      seen.push(track);
      this.#follow(track, boxes[shape] as Box, atMonotonicMs, true);
    }
    boxes.forEach((box, shape) => {
      if (!taken.has(shape)) seen.push(this.#begin(box, atMonotonicMs));
    });
    return seen.map(({ id, box, feet, before, hasGone, trail }) => ({
      ...{ id, box, feet, before, hasGone },
      path: trail.points,
    }));
  }

  /** Movers that are in one shape now: each goes on as it went until they part. */
  #meetings(boxes: readonly Box[], expected: ReadonlyMap<Followed, Box>, atMs: number): Map<Followed, Box> {
    const meetings = new Map<Followed, Box>();
    for (const box of boxes) {
      const inside = [...expected].filter(
        ([track, place]) =>
          track.looks >= LOOKS_TO_MEET &&
          atMs - track.aloneMs <= TOGETHER_MS &&
          place.height >= box.height * LEAST_HEIGHT_SHARE &&
          place.width >= box.width * LEAST_WIDTH_SHARE &&
          isOver(box, place) &&
          !boxes.some((other) => other !== box && isOver(other, place)),
      );
      if (inside.length > 1) for (const [track] of inside) meetings.set(track, box);
    }
    return meetings;
  }

  #candidates(
    boxes: readonly Box[],
    expected: ReadonlyMap<Followed, Box>,
    taken: ReadonlySet<number>,
    atMs: number,
  ): Candidate[] {
    const candidates: Candidate[] = [];
    for (const [track, place] of expected) {
      const looks = Math.min(MOST_LOOKS, Math.max(1, (atMs - track.seenMs) / LOOK_MS));
      boxes.forEach((box, shape) => {
        if (taken.has(shape)) return;
        const growth = areaOf(box) / areaOf(track.box);
        const overlaps = isOver(box, place) || isOver(box, track.box);
        if (!overlaps && (growth > MOST_GROWTH || growth < 1 / MOST_GROWTH)) return;
        const diagonal = Math.max(diagonalOf(box), diagonalOf(track.box));
        const far = track.looks === 1 ? FIRST_REACH * looks : REACH * (1 + MORE_A_LOOK * (looks - 1));
        const reach = Math.min(FURTHEST, diagonal * far);
        const distance = apart(middleOf(box), middleOf(place));
        if (distance > reach) return;
        const unlike = Math.abs(Math.log(growth)) / Math.log(MOST_GROWTH);
        candidates.push({ track, shape, cost: distance / diagonal + unlike / 2 - (overlaps ? 1 : 0) });
      });
    }
    return candidates.sort((a, b) => a.cost - b.cost);
  }

  #begin(box: Box, atMs: number): Followed {
    const feet = feetOf(box);
    const trail = new Trail();
    trail.add(feet, atMs);
    const track: Followed = {
      id: this.#nextId++,
      origin: middleOf(box),
      way: 0,
      hasGone: false,
      trail,
      box,
      feet,
      before: feet,
      speed: [0, 0],
      looks: 1,
      seenMs: atMs,
      aloneMs: atMs,
    };
    this.#tracks.push(track);
    return track;
  }

  #follow(track: Followed, box: Box, atMs: number, isAlone: boolean): void {
    const elapsedMs = Math.max(1, atMs - track.seenMs);
    const from = middleOf(track.box);
    const to = middleOf(box);
    if (isAlone) {
      track.aloneMs = atMs;
      const share = track.looks === 1 ? 1 : SPEED_SHARE;
      const step = (axis: 0 | 1): number =>
        track.speed[axis] * (1 - share) + ((to[axis] - from[axis]) / elapsedMs) * share;
      track.speed = [step(0), step(1)];
    }
    track.box = box;
    track.before = track.feet;
    track.feet = feetOf(box);
    track.looks++;
    track.seenMs = atMs;
    const step = apart(from, to);
    track.way += step;
    if (step > (JITTER + (FASTEST_A_SECOND * elapsedMs) / 1000) * box.height) {
      track.origin = to;
      track.way = 0;
    }
    const gone = apart(track.origin, to);
    track.hasGone ||=
      track.looks >= LOOKS_TO_GO && gone >= GONE * diagonalOf(box) && gone >= STRAIGHT * track.way;
    track.trail.add(track.feet, atMs);
  }
}

/** One above the other and nearly touching: pieces of one. */
function joinPieces(boxes: readonly Box[]): Box[] {
  const joined = [...boxes];
  for (let i = 0; i < joined.length; i++) {
    for (let j = i + 1; j < joined.length; j++) {
      const a = joined[i] as Box;
      const b = joined[j] as Box;
      if (!arePieces(a, b)) continue;
      joined[i] = boxAround(a, b);
      joined.splice(j, 1);
      j = i;
    }
  }
  return joined;
}

function arePieces(a: Box, b: Box): boolean {
  const shared = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const gap = Math.max(a.y, b.y) - Math.min(a.y + a.height, b.y + b.height);
  return shared >= Math.min(a.width, b.width) / 2 && gap <= PIECES_GAP;
}

function moved(box: Box, speed: Point, elapsedMs: number): Box {
  return { ...box, x: box.x + speed[0] * elapsedMs, y: box.y + speed[1] * elapsedMs };
}

/** `box` pushed into `outer` as far as it fits. */
function within(box: Box, outer: Box): Box {
  const x = Math.max(outer.x, Math.min(box.x, outer.x + outer.width - box.width));
  const y = Math.max(outer.y, Math.min(box.y, outer.y + outer.height - box.height));
  return { ...box, x, y };
}

function isOver(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

function feetOf({ x, y, width, height }: Box): Point {
  return [x + width / 2, y + height];
}

function middleOf({ x, y, width, height }: Box): Point {
  return [x + width / 2, y + height / 2];
}

function areaOf({ width, height }: Box): number {
  return width * height;
}

function diagonalOf({ width, height }: Box): number {
  return Math.hypot(width * ASPECT, height);
}

/** In heights of the picture. */
export function apart([ax, ay]: Point, [bx, by]: Point): number {
  return Math.hypot((ax - bx) * ASPECT, ay - by);
}
