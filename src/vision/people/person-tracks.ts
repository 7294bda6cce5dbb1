import type { Box, Point } from "../../core/geometry.ts";
import { Trail } from "../trail.ts";
import { overlap } from "./overlap.ts";
import { lookWeight } from "./sureness.ts";

/**
 * How far from where it is expected somebody may turn up, in heights of the person: the box's own unrest, and what a
 * runner goes in a second (5 m/s at 1.7 m).
 */
const REACH = 0.5;
const REACH_A_SECOND = 3;
const FURTHEST = 3;
/** Nobody looks this many times as high on the next look; half of one hides behind a bank. */
const MOST_GROWTH = 2.5;
/** Nobody who walks is out of sight for longer than this and still the same: another may come the same way. */
const WALKING_MS = 1500;
/** Who stands or sits is missed more often, but where it was. */
const KEPT_MS = 3000;
const KEPT_MOVED_MS = 8000;
/** Where the place has not emptied since: the model misses backs, hats and fishers for long. */
const KEPT_STANDING_MS = 12_000;
/** Somebody covers this share of the own box at the least: legs apart, arms out. Whose place is empty has gone. */
const STANDING_SHARE = 0.25;
/** Boxes less sure than this share of the model's usual score do not count at all. */
const LEAST_SHARE = 0.6;
/** Who has gone so far, in its own heights, has moved: boxes jitter by less. */
const GONE = 0.2;
/** People of 8 % of the picture's height are to be found; a duck near the camera is little smaller. Of the height. */
const LEAST_HEIGHT = 0.065;
/**
 * Wider than this for its height nobody walks in: spiders before the lens and ducks are. Who is known already may lie
 * down. Of the height.
 */
const WIDEST = 0.9;
/** A box that ends so near to the picture's edge ends there because the picture does, in fractions of the picture. */
const EDGE = 0.01;
/** Whoever comes straight on goes down the picture with the feet alone, and has to do so on two looks. */
const FEET_GONE = 0.2;
/** Share of a box in which the picture must be restless for the way to count: what jitters around a post has not gone. */
const LEAST_UNREST = 0.08;
/** Half seen, at the edge of a look, with so much of it in the box of somebody: a part of that one. */
const PART_SHARE = 0.6;
/** How near to the picture's edge somebody may stand, in fractions of the picture: see `feetOf`. */
const FRAME = 0.02;
/** Share of the newest step in the speed. */
const SPEED_SHARE = 0.5;

/** A box of somebody on one look, in fractions of the picture. */
export interface Sighting {
  readonly box: Box;
  readonly score: number;
  /** It ends where the look ended, not where the person does. */
  readonly isCut: boolean;
  /** Share of the box in which something moves, 0 to 1. */
  readonly unrest: number;
}

export interface PersonTrack {
  readonly id: number;
  readonly box: Box;
  readonly feet: Point;
  /** The feet on the look before; the same as `feet` on the first. */
  readonly before: Point;
  readonly score: number;
  /** What its looks together have said at the most so far; see `SeenTrack`. */
  readonly sureness: number;
  /** It has gone somewhere since it was first seen. */
  readonly moved: boolean;
  /** Something moves in its box. */
  readonly isRestless: boolean;
  /** Where it was seen last, something still stands before the background. */
  readonly isStanding: boolean;
  readonly firstMs: number;
  readonly seenMs: number;
  /** `SeenTrack.path`. */
  readonly path: readonly Point[];
}

interface Followed {
  readonly id: number;
  readonly firstMs: number;
  readonly trail: Trail;
  box: Box;
  score: number;
  before: Point;
  unrest: number;
  isStanding: boolean;
  /** What the looks say together; it falls again, `sureness` does not. */
  said: number;
  sureness: number;
  moved: boolean;
  /** Where it was on the first look that showed all of it. */
  origin: Box | undefined;
  feetGone: number;
  /** Fractions of the picture per ms. */
  speed: Point;
  seenMs: number;
}

export interface TrackSettings {
  /** Width of the pictures for each pixel of height. */
  readonly aspect: number;
  /** From which the model's boxes are worth believing. */
  readonly usualScore: number;
  /** Of the first track. */
  readonly firstId: number;
}

/** Follows people from look to look by place and size alone; who they are is never asked. */
export class PersonTracks {
  readonly #settings: TrackSettings;
  #tracks: Followed[] = [];
  #nextId: number;

  constructor(settings: TrackSettings) {
    this.#settings = settings;
    this.#nextId = settings.firstId;
  }

  /** Everybody who is not lost yet. */
  get all(): PersonTrack[] {
    return this.#tracks.map(shown);
  }

  /**
   * @param sightings of one picture, each person once.
   * @param isSought whether somebody there would have been in one of the looks.
   * @param unrestIn share of a box that differs from the background now, 0 to 1.
   */
  look(
    sightings: readonly Sighting[],
    isSought: (box: Box) => boolean,
    unrestIn: (box: Box) => number,
    atMs: number,
  ): void {
    for (const track of this.#tracks) track.isStanding &&= unrestIn(track.box) >= STANDING_SHARE;
    this.#tracks = this.#tracks.filter((track) => atMs - track.seenMs < keptMs(track));
    const worthwhile = sightings.filter(
      ({ box, score }) => box.height >= LEAST_HEIGHT && score >= this.#settings.usualScore * LEAST_SHARE,
    );
    const taken = new Set<Sighting>();
    const followed = new Set<Followed>();
    for (const { track, sighting } of this.#matches(worthwhile, atMs)) {
      if (taken.has(sighting) || followed.has(track)) continue;
      taken.add(sighting);
      followed.add(track);
      this.#follow(track, sighting, atMs);
    }
    for (const track of this.#tracks) {
      if (!followed.has(track) && isSought(track.box)) this.#weigh(track, undefined);
    }
    for (const sighting of worthwhile) if (!taken.has(sighting)) this.#begin(sighting, atMs);
  }

  /** The likeliest first. */
  #matches(sightings: readonly Sighting[], atMs: number): { track: Followed; sighting: Sighting }[] {
    const matches: { track: Followed; sighting: Sighting; cost: number }[] = [];
    for (const track of this.#tracks) {
      const elapsedMs = atMs - track.seenMs;
      const stride = elapsedMs > WALKING_MS ? 0 : (REACH_A_SECOND * elapsedMs) / 1000;
      const reach = Math.min(FURTHEST, REACH + stride);
      // Beyond half a second nobody is sure to have gone on in the same way.
      const ahead = elapsedMs > WALKING_MS ? 0 : Math.min(500, elapsedMs);
      const [x, y] = middleOf(track.box);
      const expected: Point = [x + track.speed[0] * ahead, y + track.speed[1] * ahead];
      for (const sighting of sightings) {
        if (sighting.isCut && overlap(sighting.box, track.box) >= PART_SHARE) {
          matches.push({ track, sighting, cost: 0 });
          continue;
        }
        const growth = sighting.box.height / track.box.height;
        if (growth > MOST_GROWTH || growth < 1 / MOST_GROWTH) continue;
        const height = Math.max(sighting.box.height, track.box.height);
        const distance = this.#apart(middleOf(sighting.box), expected) / height;
        if (distance <= reach)
          matches.push({ track, sighting, cost: distance + Math.abs(Math.log(growth)) / 2 });
      }
    }
    return matches.sort((a, b) => a.cost - b.cost);
  }

  #begin({ box, score, isCut, unrest }: Sighting, atMs: number): void {
    const trail = new Trail();
    trail.add(feetOf(box), atMs);
    const track: Followed = {
      id: this.#nextId++,
      firstMs: atMs,
      trail,
      box,
      score,
      before: feetOf(box),
      unrest,
      isStanding: unrest >= STANDING_SHARE,
      said: 0,
      sureness: 0,
      moved: false,
      origin: isCut ? undefined : box,
      feetGone: 0,
      speed: [0, 0],
      seenMs: atMs,
    };
    this.#weigh(track, { box, score, isCut });
    this.#tracks.push(track);
  }

  /** @param seen undefined when a look showed nobody there. */
  #weigh(track: Followed, seen: Pick<Sighting, "box" | "score" | "isCut"> | undefined): void {
    const weight = lookWeight(seen?.score, this.#settings.usualScore);
    const isWide = seen !== undefined && this.#isWide(seen);
    track.said = Math.max(0, track.said + (isWide ? Math.min(0, weight) : weight));
    track.sureness = Math.max(track.sureness, track.said);
  }

  #follow(track: Followed, { box, score, isCut, unrest }: Sighting, atMs: number): void {
    const elapsedMs = Math.max(1, atMs - track.seenMs);
    const from = middleOf(track.box);
    const to = middleOf(box);
    const step = (axis: 0 | 1): number =>
      track.speed[axis] * (1 - SPEED_SHARE) + ((to[axis] - from[axis]) / elapsedMs) * SPEED_SHARE;
    // A part tells that it is still there, not how tall it is.
    const isPart = isCut && track.origin !== undefined && overlap(box, track.box) >= PART_SHARE;
    track.before = feetOf(track.box);
    if (!isPart) {
      track.speed = [step(0), step(1)];
      track.box = box;
    }
    track.score = score;
    track.unrest = unrest;
    track.isStanding = unrest >= STANDING_SHARE;
    track.seenMs = atMs;
    this.#weigh(track, { box, score, isCut });
    track.trail.add(feetOf(track.box), atMs);
    if (isCut) return;
    track.origin ??= box;
    if (!track.moved && unrest >= LEAST_UNREST) this.#judgeWay(track, track.origin, box);
  }

  #judgeWay(track: Followed, origin: Box, box: Box): void {
    const height = Math.min(origin.height, box.height);
    const feet = this.#apart(feetOf(origin), feetOf(box)) >= FEET_GONE * height;
    track.feetGone = feet ? track.feetGone + 1 : 0;
    const hasGone = this.#apart(middleOf(origin), middleOf(box)) >= GONE * height;
    track.moved = hasGone || track.feetGone >= 2;
  }

  /** Who is half in the picture, or in the look, may look like anything. */
  #isWide({ box: { x, y, width, height }, isCut }: Pick<Sighting, "box" | "isCut">): boolean {
    const isAtEdge = Math.min(x, y, 1 - x - width, 1 - y - height) < EDGE;
    const isHalfIn = isCut || isAtEdge;
    return !isHalfIn && width * this.#settings.aspect > WIDEST * height;
  }

  /** In heights of the picture. */
  #apart([ax, ay]: Point, [bx, by]: Point): number {
    return Math.hypot((ax - bx) * this.#settings.aspect, ay - by);
  }
}

function keptMs({ moved, isStanding }: Followed): number {
  if (!moved) return KEPT_MS;
  return isStanding ? KEPT_STANDING_MS : KEPT_MOVED_MS;
}

function shown(track: Followed): PersonTrack {
  const { id, box, score, before, moved, unrest, isStanding, sureness, firstMs, seenMs, trail } = track;
  const path = trail.points;
  const isRestless = unrest >= LEAST_UNREST;
  const feet = feetOf(box);
  return { id, box, feet, before, score, sureness, moved, isRestless, isStanding, firstMs, seenMs, path };
}

/** Well inside the picture: nobody draws a zone to its very edge, and who is cut there stands beyond it. */
function feetOf({ x, y, width, height }: Box): Point {
  return [inside(x + width / 2), inside(y + height)];
}

function inside(at: number): number {
  return Math.max(FRAME, Math.min(1 - FRAME, at));
}

function middleOf({ x, y, width, height }: Box): Point {
  return [x + width / 2, y + height / 2];
}
