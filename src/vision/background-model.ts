// vision/: pictures become movement in zones, in a worker thread. It may import core/ only.
import { CELL_PIXELS } from "./moving-shapes.ts";
import { LEAST_CHANGE, type PictureChanges } from "./picture-changes.ts";

/** The first pictures, and those after a light change, are learnt from, fast, before anything is called foreground. */
const LEARNING_LOOKS = 5;
const LEARNING_RATE = 0.3;
/** Rates are for looks this far apart; another interval learns as much in the same time. */
export const LOOK_MS = 200;
/** Share of each new picture that the background takes over: about 4 s to learn at 5 pictures a second. */
const BACKGROUND_RATE = 0.05;
/**
 * The same where something stands in front, and only while it changes: new ripples are learnt in a minute, whereas
 * somebody who waits leaves no trace in the background.
 */
const FOREGROUND_RATE = 0.01;
/** A pixel differs when it is off by this many of its own usual deviations, and by this much at the least (0-255). */
const DEVIATIONS = 4;
const LEAST_DIFFERENCE = 18;
const FIRST_DEVIATION = 4;
/** When this share of the picture changes at once it was the light (lamp, infrared switch), not somebody. */
const LIGHT_CHANGE_SHARE = 0.6;
/** How much brighter the whole picture became is asked of every third pixel in every twelfth row. */
const BRIGHTNESS_COLUMNS = 3;
const BRIGHTNESS_ROWS = 12;
/** Brightness within which what was seen before may still be compared with the background. */
const SAME_LIGHT = 2;
/** A cell in which nothing changed is judged once in so long all the same: shadows wander, deviations shrink. */
const SWEEP_MS = 3000;

/** Luma is kept in fixed point, 8 bits of fraction: whole numbers are faster than floating point, and half the memory. */
const FRACTION_BITS = 8;
const ONE = 1 << FRACTION_BITS;
/** Rates in fixed point, too: a difference of 255 times a rate of 1 is just below 2^31. */
const RATE_BITS = 14;
const HALF = 1 << (RATE_BITS - 1);
/** Rates are looked up for times up to this, longer than any cell is left alone, in steps. */
const LONGEST_MS = 6000;
const RATE_STEP_MS = 10;
const BACKGROUND_RATES = ratesOver(BACKGROUND_RATE);
const FOREGROUND_RATES = ratesOver(FOREGROUND_RATE);
const LEARNING = fixedRate(LEARNING_RATE);
const WIDENING = fixedRate(BACKGROUND_RATE);

/**
 * What a place usually looks like, pixel by pixel: a running mean and mean deviation, so that what always moves
 * (ripples, leaves) needs a larger difference to count.
 *
 * A look judges the cells that changed, those in which something stands out, and in turn a part of all others, which
 * learn for all the time they were left alone: so that a look costs what moves in it, not what the picture measures.
 */
export class BackgroundModel {
  readonly #width: number;
  readonly #columns: number;
  readonly #means: Uint16Array;
  readonly #deviations: Uint16Array;
  readonly #differences = new Uint32Array(511);
  /** 1 for each pixel that differs from the background, as of the last look. */
  readonly foreground: Uint8Array;
  /** How many of each cell do, row by row. */
  readonly inCells: Uint8Array;
  /** Sum of the times between looks, and what it was when each cell was judged last. */
  #nowMs = 0;
  readonly #judgedMs: Float64Array;
  /** Sum of what the whole picture became brighter, and what it was then. */
  #brightness = 0;
  readonly #judgedBrightness: Int32Array;
  #sweptRows = 0;
  #looks = 0;

  /** @param width and @param height in pixels, of whole cells. */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#columns = width / CELL_PIXELS;
    this.#means = new Uint16Array(width * height);
    this.#deviations = new Uint16Array(width * height);
    this.foreground = new Uint8Array(width * height);
    this.inCells = new Uint8Array(this.#columns * (height / CELL_PIXELS));
    this.#judgedMs = new Float64Array(this.inCells.length);
    this.#judgedBrightness = new Int32Array(this.inCells.length);
  }

  /**
   * Marks what differs from the background, and learns.
   * @param changes which has compared this picture; what is judged of it is taken over.
   * @param sinceMs time since the last call, 0 to 2000.
   */
  look(pixels: Uint8Array, changes: PictureChanges, sinceMs: number): void {
    this.#nowMs += sinceMs;
    if (this.#looks === 0) {
      this.#adoptAll(pixels);
      this.#deviations.fill(FIRST_DEVIATION * ONE);
    }
    this.#followBrightness(pixels);
    if (this.isLearning) {
      this.#looks++;
      this.#learn(pixels);
      this.#clear(changes);
      return;
    }
    if (this.#judge(pixels, changes, sinceMs) > pixels.length * LIGHT_CHANGE_SHARE) {
      this.#adoptAll(pixels);
      // The camera's exposure goes on settling for about a second.
      this.#looks = 1;
      this.#clear(changes);
    }
  }

  /** Whether it still learns what the place looks like, and calls nothing foreground. */
  get isLearning(): boolean {
    return this.#looks < LEARNING_LOOKS;
  }

  /** Forgets what was learnt: the next pictures may show the place in another light, or another place. */
  forget(): void {
    this.#looks = 0;
  }

  /** Takes one pixel over into the background at once. */
  adopt(index: number, value: number): void {
    this.#means[index] = value * ONE;
  }

  /** How much two pixels differ in what the place looks like without what moves. */
  contrast(one: number, other: number): number {
    return Math.abs((this.#means[one] as number) - (this.#means[other] as number)) / ONE;
  }

  #adoptAll(pixels: Uint8Array): void {
    for (let i = 0; i < pixels.length; i++) this.#means[i] = (pixels[i] as number) << FRACTION_BITS;
  }

  /** All is judged, and nothing stands out. */
  #clear(changes: PictureChanges): void {
    this.foreground.fill(0);
    this.inCells.fill(0);
    this.#judgedMs.fill(this.#nowMs);
    this.#judgedBrightness.fill(this.#brightness);
    changes.takeOverAll();
  }

  /** Exposure and passing clouds shift everything together; the median difference tells by how much. */
  #followBrightness(pixels: Uint8Array): void {
    const means = this.#means;
    const differences = this.#differences.fill(0);
    const width = this.#width;
    let count = 0;
    for (let row = (BRIGHTNESS_ROWS / 2) * width; row < pixels.length; row += BRIGHTNESS_ROWS * width) {
      for (let i = row; i < row + width; i += BRIGHTNESS_COLUMNS) {
        const bin = (((pixels[i] as number) * ONE - (means[i] as number) + ONE / 2) >> FRACTION_BITS) + 255;
        differences[bin] = (differences[bin] as number) + 1;
        count++;
      }
    }
    let shift = -255;
    for (let below = 0; shift < 255; shift++) {
      below += differences[shift + 255] as number;
      if (below * 2 >= count) break;
    }
    if (shift === 0) return;
    this.#brightness += shift;
    const by = shift * ONE;
    for (let i = 0; i < means.length; i++) {
      const mean = (means[i] as number) + by;
      means[i] = Math.max(0, Math.min(255 * ONE, mean));
    }
  }

  /** @returns how many pixels differ. */
  #judge(pixels: Uint8Array, changes: PictureChanges, sinceMs: number): number {
    const { before, inCells: changed } = changes;
    const inCells = this.inCells;
    const judgedMs = this.#judgedMs;
    const nowMs = this.#nowMs;
    const columns = this.#columns;
    const rows = inCells.length / columns;
    const sweptBefore = this.#sweptRows;
    this.#sweptRows += (rows * sinceMs) / SWEEP_MS;
    let sum = 0;
    for (let row = 0, cell = 0; row < rows; row++) {
      // The n-th row swept since the beginning is n modulo their number.
      const turn = row + rows * Math.ceil((sweptBefore - row) / rows);
      const isSwept = turn < this.#sweptRows;
      for (const end = cell + columns; cell < end; cell++) {
        const isChanged = changed[cell] !== 0;
        if (!isChanged && !isSwept && inCells[cell] === 0) continue;
        let unlearntMs = nowMs - (judgedMs[cell] as number);
        if (isChanged && unlearntMs > sinceMs) {
          // All that time it looked as it did when it was judged last; what is seen in another light teaches nothing.
          const isSameLight =
            Math.abs(this.#brightness - (this.#judgedBrightness[cell] as number)) <= SAME_LIGHT;
          if (isSameLight) this.#judgeCell(cell, before, before, unlearntMs - sinceMs);
          unlearntMs = sinceMs;
        }
        judgedMs[cell] = nowMs;
        this.#judgedBrightness[cell] = this.#brightness;
        const count = this.#judgeCell(cell, pixels, before, unlearntMs);
        changes.takeOver(cell);
        inCells[cell] = count;
        sum += count;
      }
    }
    return sum;
  }

  /** Compares and learns what a cell looked like for `ms`. @returns how many of its pixels differ. */
  #judgeCell(cell: number, pixels: Readonly<Uint8Array>, before: Readonly<Uint8Array>, ms: number): number {
    const means = this.#means;
    const deviations = this.#deviations;
    const foreground = this.foreground;
    const width = this.#width;
    const step = Math.min(BACKGROUND_RATES.length - 1, (ms / RATE_STEP_MS + 0.5) | 0);
    const rate = BACKGROUND_RATES[step] as number;
    const foregroundRate = FOREGROUND_RATES[step] as number;
    const row = (cell / this.#columns) | 0;
    const corner = (row * width + cell - row * this.#columns) * CELL_PIXELS;
    let count = 0;
    for (let left = corner, end = corner + CELL_PIXELS * width; left < end; left += width) {
      for (let i = left, right = left + CELL_PIXELS; i < right; i++) {
        const pixel = pixels[i] as number;
        const mean = means[i] as number;
        const deviation = deviations[i] as number;
        const difference = (pixel << FRACTION_BITS) - mean;
        // Without a branch: which of two pixels is the brighter is what no processor can foresee.
        const sign = difference >> 31;
        const distance = (difference ^ sign) - sign;
        if (distance <= LEAST_DIFFERENCE * ONE || distance <= DEVIATIONS * deviation) {
          foreground[i] = 0;
          means[i] = mean + part(difference, rate);
          deviations[i] = deviation + part(distance - deviation, rate);
          continue;
        }
        // What comes and goes is the place's own unrest and widens the deviation; what came and stays is somebody.
        if (foreground[i] === 0) deviations[i] = deviation + part(distance - deviation, WIDENING);
        const change = pixel - (before[i] as number);
        if (change >= LEAST_CHANGE || change <= -LEAST_CHANGE) {
          means[i] = mean + part(difference, foregroundRate);
        }
        foreground[i] = 1;
        count++;
      }
    }
    return count;
  }

  #learn(pixels: Uint8Array): void {
    const means = this.#means;
    const deviations = this.#deviations;
    for (let i = 0; i < pixels.length; i++) {
      const mean = means[i] as number;
      const deviation = deviations[i] as number;
      const difference = ((pixels[i] as number) << FRACTION_BITS) - mean;
      means[i] = mean + part(difference, LEARNING);
      deviations[i] = deviation + part(Math.abs(difference) - deviation, LEARNING);
    }
  }
}

/** `rate` of a difference, rounded. */
function part(difference: number, rate: number): number {
  return (Math.imul(difference, rate) + HALF) >> RATE_BITS;
}

function fixedRate(rate: number): number {
  return Math.round(rate * (1 << RATE_BITS));
}

/** What `rate` a look comes to over 0 to `LONGEST_MS`, in steps. */
function ratesOver(rate: number): Int32Array {
  return Int32Array.from({ length: 1 + LONGEST_MS / RATE_STEP_MS }, (_, step) =>
    fixedRate(1 - (1 - rate) ** ((step * RATE_STEP_MS) / LOOK_MS)),
  );
}
