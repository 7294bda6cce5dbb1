import { type Box, boxAround } from "../../core/geometry.ts";
import type { Crop } from "./look-crop.ts";
import { MAX_CROPS, type PictureSize, patrolCrops, planCrops, type Sides } from "./look-plan.ts";
import { overlap } from "./overlap.ts";

/** What was looked at in vain is remembered by place, in so many columns and rows. */
const COLUMNS = 16;
const ROWS = 9;
/**
 * One half of the picture or the other is looked at this often all the same: somebody may stand where nothing moves, or
 * walk far away in the colours of the place.
 */
const PATROL_MS = 3000;
/** Who is followed and does not move is looked for again after this long. */
const FOLLOW_MS = 1000;
/** Who is known to be somebody, and goes on moving, after this long: every other picture. */
const FOLLOW_MOVING_MS = 390;
/** What moves is of somebody who is followed when so much of it lies in the box. */
const OF_FOLLOWED = 0.5;
/**
 * Where so many looks in a row found nobody, as at waves and in leaves, the next comes later. Two looks must still fit
 * into the time that a rule has.
 */
const PATIENCE: readonly (readonly [looks: number, waitMs: number])[] = [
  [25, 600],
  [5, 400],
];
/** What was looked at in vain so long ago says nothing of now. */
const FORGOTTEN_MS = 10_000;

/** What there is to look at in a picture. */
export interface Sight {
  /** Boxes around what moves. */
  readonly moving: readonly Box[];
  /** What the place looks like is still being learnt: anything may move. */
  readonly isLearning: boolean;
}

/** Somebody who is followed. */
export interface Followed {
  readonly box: Box;
  /** One look more may decide what it is: no look is left out. */
  readonly isPending: boolean;
  /** When it was looked for last. */
  readonly soughtMs: number;
}

export interface PlannedLook {
  readonly crop: Crop;
  /** For the sake of no one thing. */
  readonly isPatrol: boolean;
}

/** Decides which parts of a camera's pictures are worth a look. Looks cost; most of what moves is nobody. */
export class LookGate {
  readonly #picture: PictureSize;
  readonly #sides: Sides;
  readonly #lookedMs = new Float64Array(COLUMNS * ROWS).fill(Number.NEGATIVE_INFINITY);
  readonly #inVain = new Uint16Array(COLUMNS * ROWS);
  #patrolledMs = Number.NEGATIVE_INFINITY;
  #patrols = 0;

  constructor(picture: PictureSize, sides: Sides) {
    this.#picture = picture;
    this.#sides = sides;
  }

  /** The looks that a picture is worth, at most `MAX_CROPS`; those first that have waited longest. */
  plan(sight: Sight, followed: readonly Followed[], atMs: number): PlannedLook[] {
    const sought = followed.filter(({ isPending, soughtMs }) => isPending || atMs - soughtMs >= FOLLOW_MS);
    const moving = sight.moving.flatMap((box) => {
      const owner = followed.find((other) => overlap(box, other.box) >= OF_FOLLOWED);
      if (!owner) return this.#isDue(box, atMs) ? [box] : [];
      // All of somebody of whom a hand moves: cut in two nobody knows where it stands.
      return atMs - owner.soughtMs >= FOLLOW_MOVING_MS ? [boxAround(box, owner.box)] : [];
    });
    const targets = [...moving, ...sought.map(({ box }) => box)];
    const looks = planCrops(targets, this.#picture, this.#sides)
      .map((crop) => ({ crop, isPatrol: false, sinceMs: this.#oldest(crop.box) }))
      .sort((a, b) => a.sinceMs - b.sinceMs)
      .slice(0, MAX_CROPS)
      .map(({ crop, isPatrol }): PlannedLook => ({ crop, isPatrol }));
    if (!sight.isLearning && atMs - this.#patrolledMs < PATROL_MS) return looks;
    const patrols = patrolCrops(this.#picture, this.#sides).map((crop) => ({ crop, isPatrol: true }));
    const due = sight.isLearning ? patrols : patrols.slice(this.#patrols % 2).slice(0, 1);
    return [...due, ...looks].slice(0, MAX_CROPS);
  }

  /** What came of a look: the boxes of people in it, in fractions of the picture. */
  learn({ crop, isPatrol }: PlannedLook, people: readonly Box[], atMs: number): void {
    // Far people cannot be seen in it: it says too little of any one place.
    if (isPatrol) {
      this.#patrolledMs = atMs;
      this.#patrols++;
    } else this.#note(crop.box, atMs);
    for (const box of people) for (const cell of cellsOf(box)) this.#inVain[cell] = 0;
  }

  #note(box: Box, atMs: number): void {
    for (const cell of cellsOf(box)) {
      const isFresh = atMs - (this.#lookedMs[cell] as number) < FORGOTTEN_MS;
      this.#inVain[cell] = isFresh ? Math.min(1000, (this.#inVain[cell] as number) + 1) : 1;
      this.#lookedMs[cell] = atMs;
    }
  }

  #isDue(box: Box, atMs: number): boolean {
    return cellsOf(box).some((cell) => {
      const inVain = this.#inVain[cell] as number;
      const waitMs = PATIENCE.find(([looks]) => inVain >= looks)?.[1] ?? 0;
      return atMs - (this.#lookedMs[cell] as number) >= waitMs;
    });
  }

  #oldest(box: Box): number {
    return Math.min(...cellsOf(box).map((cell) => this.#lookedMs[cell] as number));
  }
}

function cellsOf({ x, y, width, height }: Box): number[] {
  const cells: number[] = [];
  const left = clamped(x * COLUMNS, COLUMNS);
  const right = clamped((x + width) * COLUMNS, COLUMNS);
  const top = clamped(y * ROWS, ROWS);
  const bottom = clamped((y + height) * ROWS, ROWS);
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) cells.push(row * COLUMNS + column);
  }
  return cells;
}

function clamped(at: number, count: number): number {
  return Math.max(0, Math.min(count - 1, Math.floor(at)));
}
