import { type BackgroundModel, LOOK_MS } from "./background-model.ts";
import { CELL_PIXELS, type MovingShape } from "./moving-shapes.ts";

/** A shape is still when nothing changed in most of its cells for this many looks of `LOOK_MS`: 1 s. */
const STILL_LOOKS = 5;
const STILL_SHARE = 0.8;
/** What has stood still for this long belongs to the place, as a parked car: 2 min. */
const PARKED_LOOKS = 600;
/** How far inside and outside of the border its two sides are compared, in pixels: the border itself is blurred. */
const BORDER_REACH = 3;
/** Share of the background's own contrast along the border that somebody must reach at the least. */
const LEAST_CONTRAST = 0.4;
/** A cell is still while no more of its pixels changed: about a seventh. */
const MOST_CHANGED = 0.15 * CELL_PIXELS * CELL_PIXELS;

/**
 * Tells somebody who stands still from the hole that somebody, learnt as background, left in it by walking on. Who
 * really stands there has an outline that the background has not; around a hole it is the other way round.
 */
export class StillShapes {
  readonly #width: number;
  readonly #columns: number;
  /** Looks of `LOOK_MS` so far, and how many they were when each cell changed last. */
  #looks = 0;
  readonly #changedAt: Uint32Array;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#columns = Math.floor(width / CELL_PIXELS);
    this.#changedAt = new Uint32Array(this.#columns * Math.floor(height / CELL_PIXELS));
  }

  /**
   * Gives the shapes that are really there; the others are taken over into `background`.
   * @param changedInCells changed pixels of each cell since the last call.
   * @param sinceMs time since the last call.
   */
  sift(
    shapes: readonly MovingShape[],
    pixels: Uint8Array,
    background: BackgroundModel,
    changedInCells: Readonly<Uint8Array>,
    sinceMs: number,
  ): MovingShape[] {
    this.#looks += Math.max(1, Math.round(sinceMs / LOOK_MS));
    this.#noteChanges(changedInCells);
    return shapes.filter((shape) => {
      const isHole = this.isStill(shape) && !this.#standsOut(shape, pixels, background);
      if (!isHole && !this.#isStill(shape, PARKED_LOOKS)) return true;
      for (const index of this.#pixelsOf(shape)) background.adopt(index, pixels[index] as number);
      return false;
    });
  }

  /** Whether nothing changed in it for a second. */
  isStill(shape: MovingShape): boolean {
    return this.#isStill(shape, STILL_LOOKS);
  }

  #noteChanges(changedInCells: Readonly<Uint8Array>): void {
    for (let cell = 0; cell < changedInCells.length; cell++) {
      if ((changedInCells[cell] as number) > MOST_CHANGED) this.#changedAt[cell] = this.#looks;
    }
  }

  #isStill({ cells }: MovingShape, looks: number): boolean {
    const still = cells.filter((cell) => this.#looks - (this.#changedAt[cell] as number) >= looks).length;
    return still >= cells.length * STILL_SHARE;
  }

  /** Whether the border of the foreground is one in the picture, more than in the background. */
  #standsOut(shape: MovingShape, pixels: Uint8Array, background: BackgroundModel): boolean {
    const { foreground } = background;
    let seen = 0;
    let usual = 0;
    const compare = (inside: number, outside: number): void => {
      if (foreground[outside] !== 0) return;
      seen += Math.abs((pixels[inside] as number) - (pixels[outside] as number));
      usual += background.contrast(inside, outside);
    };
    for (const index of this.#pixelsOf(shape)) {
      if (foreground[index] !== 1) continue;
      const x = index % this.#width;
      if (x >= BORDER_REACH) compare(index, index - BORDER_REACH);
      if (x < this.#width - BORDER_REACH) compare(index, index + BORDER_REACH);
      // Above and below the picture there is nothing, which is not 0.
      compare(index, index - BORDER_REACH * this.#width);
      compare(index, index + BORDER_REACH * this.#width);
    }
    return seen > usual * LEAST_CONTRAST;
  }

  *#pixelsOf({ cells }: MovingShape): Generator<number> {
    for (const cell of cells) {
      const corner = this.#corner(cell);
      for (let y = 0; y < CELL_PIXELS; y++) {
        for (let x = 0; x < CELL_PIXELS; x++) yield corner + y * this.#width + x;
      }
    }
  }

  #corner(cell: number): number {
    const row = Math.floor(cell / this.#columns);
    return row * CELL_PIXELS * this.#width + (cell % this.#columns) * CELL_PIXELS;
  }
}
