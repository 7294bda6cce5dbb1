import { BLOCK_COLUMNS, BLOCKS, type BlockEdges, blockEdges } from "./blocks.ts";
import { QUARTER_BITS } from "./picture-statistics.ts";

/**
 * A picture is compared with those of 8 to 20 s before: past the key frames between them an encoder has coded the sensor's
 * noise anew, whereas within a group of pictures it may skip a still scene altogether. A frozen input comes back the same.
 */
const FIRST_LAG_MS = 7_500;
const LAST_LAG_MS = 20_500;
/** Blocks that may differ: a clock drawn into the picture goes on. */
const CLOCK_BLOCKS = 10;
/** Mean difference in luma at a quarter of the size, measured: noise leaves 0.19 to 0.5, a frozen input 0.00 to 0.06. */
const MOST_DIFFERENCE = 0.06;
/** And this share of the least that is usual for the camera. */
const MOST_OF_USUAL = 0.3;
/**
 * A frozen input also stays as it was a look before, in every block but the clock's: measured 0.3 at most, of coding; the
 * quietest footage leaves 0.9. What moves more may come back (a swing, a film in a loop) and is not frozen.
 */
const MOST_STIR = 0.4;
/** A source that is usually stiller than this has no noise to judge by: below it is what coding leaves of a drawn picture. */
const LEAST_USUAL = 0.02;
/** Follows the lowest tenth of differences: nine steps up weigh as much as one down. */
const STEP_UP = 1.012;
const STEP_DOWN = 0.885;
/** One look in two is enough to follow what is usual by; comparing with eight pictures is what a look costs. */
const LEARNING_EVERY = 2;
/** A natural stillness counts as a step down for each so many ms. */
const NATURAL_STEP_MS = 4_000;
/** How long pictures must have been compared before anything is said. */
const LEARNING_MS = 150_000;
/** A stillness that ends within this was the camera's way (long groups of skipped pictures), not a fault. */
const NATURAL_MS = 60_000;

interface Kept {
  readonly atMs: number;
  readonly luma: Uint16Array;
}

/**
 * Tells a frozen picture from a still scene by the noise that every sensor has. A source without noise (a drawn picture)
 * cannot be told from a frozen one; there it says null.
 */
export class RepeatProbe {
  readonly #width: number;
  readonly #edges: BlockEdges;
  readonly #differences = new Float32Array(BLOCKS);
  readonly #kept: Kept[] = [];
  /** Of a picture that is no longer compared with; for the next. */
  #spare: Uint16Array | undefined;
  #usual: number | null;
  #isLearnt: boolean;
  #learningSinceMs: number | undefined;
  #looks = 0;
  #repeatingSinceMs: number | undefined;

  /** @param usual what an earlier run learnt. */
  constructor(width: number, height: number, usual: number | null) {
    this.#width = width;
    this.#edges = blockEdges(width, height);
    this.#usual = usual;
    this.#isLearnt = usual !== null;
  }

  get usualChange(): number | null {
    return this.#isLearnt ? this.#usual : null;
  }

  /** Whether the picture repeats earlier ones; null while that is not known. */
  look(quarter: Uint16Array, atMs: number): boolean | null {
    while (this.#kept[0] && atMs - this.#kept[0].atMs > LAST_LAG_MS) this.#spare = this.#kept.shift()?.luma;
    const luma = this.#spare ?? new Uint16Array(quarter.length);
    this.#spare = undefined;
    luma.set(quarter);
    const last = this.#kept.at(-1);
    const stir = last ? this.#compare(luma, last.luma).largest : Number.POSITIVE_INFINITY;
    this.#looks++;
    const isLearning = this.#looks % LEARNING_EVERY === 0;
    let least = Number.POSITIVE_INFINITY;
    for (const { atMs: thenMs, luma: then } of this.#kept) {
      const lag = atMs - thenMs;
      if ((isLearning || stir < MOST_STIR) && lag >= FIRST_LAG_MS) {
        least = Math.min(least, this.#compare(luma, then).mean);
      }
    }
    this.#kept.push({ atMs, luma });
    return this.#judge(least, stir, isLearning, atMs);
  }

  /** @param least infinite where nothing was compared. */
  #judge(least: number, stir: number, isLearning: boolean, atMs: number): boolean | null {
    const wasCompared = least < Number.POSITIVE_INFINITY;
    const usual = this.#usual ?? (wasCompared ? least : null);
    if (usual === null) return null;
    this.#learningSinceMs ??= atMs;
    this.#isLearnt ||= atMs - this.#learningSinceMs >= LEARNING_MS;
    const canTell = this.#isLearnt && usual >= LEAST_USUAL;
    const repeats = canTell && stir < MOST_STIR && least < Math.min(MOST_DIFFERENCE, usual * MOST_OF_USUAL);
    if (repeats) {
      this.#repeatingSinceMs ??= atMs;
      return true;
    }
    const heldMs = this.#repeatingSinceMs === undefined ? 0 : atMs - this.#repeatingSinceMs;
    this.#repeatingSinceMs = undefined;
    const natural = heldMs < NATURAL_MS ? STEP_DOWN ** (heldMs / NATURAL_STEP_MS) : 1;
    const step = least < usual ? STEP_DOWN : STEP_UP;
    this.#usual = usual * natural * (isLearning && wasCompared ? step : 1);
    return canTell ? false : null;
  }

  /** The mean and the largest difference of all blocks but those that differ most. */
  #compare(one: Uint16Array, other: Uint16Array): { mean: number; largest: number } {
    const differences = this.#differences;
    const { left, top } = this.#edges;
    for (let block = 0; block < BLOCKS; block++) {
      const row = (block / BLOCK_COLUMNS) | 0;
      const column = block - row * BLOCK_COLUMNS;
      const x0 = left[column] as number;
      const x1 = left[column + 1] as number;
      const y0 = top[row] as number;
      const y1 = top[row + 1] as number;
      let sum = 0;
      for (let y = y0; y < y1; y++) {
        for (let i = y * this.#width + x0, end = y * this.#width + x1; i < end; i++) {
          const difference = (one[i] as number) - (other[i] as number);
          const sign = difference >> 31;
          sum += (difference ^ sign) - sign;
        }
      }
      differences[block] = sum / ((x1 - x0) * (y1 - y0) * (1 << QUARTER_BITS));
    }
    differences.sort();
    let sum = 0;
    for (let block = 0; block < BLOCKS - CLOCK_BLOCKS; block++) sum += differences[block] as number;
    const compared = BLOCKS - CLOCK_BLOCKS;
    return { mean: sum / compared, largest: differences[compared - 1] as number };
  }
}
