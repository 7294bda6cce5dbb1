import { CELL_PIXELS, countInCells } from "./moving-shapes.ts";

/** A pixel changed when it is off by this much from the picture before; less is the camera's noise. */
const LEAST_CHANGE = 12;

/** What changed from the last picture that was looked at. */
export class PictureChanges {
  readonly #width: number;
  readonly #previous: Uint8Array;
  /** 1 for each pixel that changed, as of the last `compare`. */
  readonly inPixels: Uint8Array;
  readonly #inCells: Uint8Array;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#previous = new Uint8Array(width * height);
    this.inPixels = new Uint8Array(width * height);
    this.#inCells = new Uint8Array(Math.floor(width / CELL_PIXELS) * Math.floor(height / CELL_PIXELS));
  }

  /** @returns how many pixels changed. */
  compare(pixels: Uint8Array): number {
    const previous = this.#previous;
    const changed = this.inPixels;
    let count = 0;
    for (let i = 0; i < pixels.length; i++) {
      const difference = (pixels[i] as number) - (previous[i] as number);
      const mark = difference >= LEAST_CHANGE || difference <= -LEAST_CHANGE ? 1 : 0;
      changed[i] = mark;
      count += mark;
    }
    return count;
  }

  /** Changed pixels of each cell, row by row; the result is reused by the next call. */
  inCells(): Uint8Array {
    return countInCells(this.inPixels, this.#width, this.#inCells);
  }

  /** This picture is looked at: later ones are compared with it. */
  takeOver(pixels: Uint8Array): void {
    this.#previous.set(pixels);
  }
}
