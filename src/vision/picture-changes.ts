import { CELL_PIXELS } from "./moving-shapes.ts";

/** A pixel changed when it is off by this much from the picture before; less is the camera's noise. */
export const LEAST_CHANGE = 12;

/**
 * What changed from the picture before; for each cell this is the one in which it was judged last, so that what creeps
 * adds up. A row of a cell is four pixels, which is one word: they are compared together, and most cells of a decoded
 * picture are what they were.
 */
export class PictureChanges {
  readonly #columns: number;
  readonly #words: Int32Array;
  readonly #wordsBefore: Int32Array;
  readonly #pixels: Uint8Array;
  /** What each cell looked like when it was judged last. */
  readonly before: Readonly<Uint8Array>;
  /** Changed pixels of each cell, row by row, as of the last `compare`. */
  readonly inCells: Uint8Array;

  /** @param width and @param height in pixels, of whole cells. */
  constructor(width: number, height: number) {
    if (width % CELL_PIXELS !== 0 || height % CELL_PIXELS !== 0) {
      throw new RangeError(`a picture of ${width}x${height} does not consist of cells of ${CELL_PIXELS}`);
    }
    this.#columns = width / CELL_PIXELS;
    this.#words = new Int32Array((width * height) / CELL_PIXELS);
    this.#wordsBefore = new Int32Array(this.#words.length);
    this.#pixels = new Uint8Array(this.#words.buffer);
    this.before = new Uint8Array(this.#wordsBefore.buffer);
    this.inCells = new Uint8Array(this.#words.length / CELL_PIXELS);
  }

  /** @returns how many pixels changed. */
  compare(pixels: Uint8Array): number {
    // Into a buffer that begins at a word, wherever the picture's own begins.
    this.#pixels.set(pixels);
    const now = this.#words;
    const before = this.#wordsBefore;
    const columns = this.#columns;
    const inCells = this.inCells;
    let sum = 0;
    for (let cell = 0, i = 0; cell < inCells.length; i += (CELL_PIXELS - 1) * columns) {
      for (const end = cell + columns; cell < end; cell++, i++) {
        const j = i + columns;
        const k = j + columns;
        const l = k + columns;
        const unlike =
          ((now[i] as number) ^ (before[i] as number)) |
          ((now[j] as number) ^ (before[j] as number)) |
          ((now[k] as number) ^ (before[k] as number)) |
          ((now[l] as number) ^ (before[l] as number));
        // The sums of the four rows fit in the four bytes of a word.
        const counts =
          unlike === 0
            ? 0
            : changes(now[i] as number, before[i] as number) +
              changes(now[j] as number, before[j] as number) +
              changes(now[k] as number, before[k] as number) +
              changes(now[l] as number, before[l] as number);
        const count = counts === 0 ? 0 : (counts + (counts >>> 8) + (counts >>> 16) + (counts >>> 24)) & 0xff;
        inCells[cell] = count;
        sum += count;
      }
    }
    return sum;
  }

  /** A cell of the picture compared last is judged: later ones are compared with it. */
  takeOver(cell: number): void {
    const columns = this.#columns;
    const first = cell + ((cell / columns) | 0) * (CELL_PIXELS - 1) * columns;
    for (let i = first, end = first + CELL_PIXELS * columns; i < end; i += columns) {
      this.#wordsBefore[i] = this.#words[i] as number;
    }
  }

  takeOverAll(): void {
    this.#wordsBefore.set(this.#words);
  }
}

/** Four pixels against four: a byte of 1 for each that changed, 0 for the others. */
function changes(one: number, other: number): number {
  const even = changesOfTwo(one & 0x00ff00ff, other & 0x00ff00ff);
  const odd = changesOfTwo((one >>> 8) & 0x00ff00ff, (other >>> 8) & 0x00ff00ff);
  return (even >>> 9) | (odd >>> 1);
}

/**
 * Two pixels of 16 bits each; bit 9 of each is set if it changed. 256 and the difference is moved so that bit 9 tells on
 * which side of a bound it is.
 */
function changesOfTwo(one: number, other: number): number {
  const differences = (one + 0x01000100 - other) | 0;
  const isAbove = (differences + (256 - LEAST_CHANGE) * 0x00010001) | 0;
  const isNotBelow = (differences + (256 + LEAST_CHANGE - 1) * 0x00010001) | 0;
  return (isAbove | ~isNotBelow) & 0x02000200;
}
