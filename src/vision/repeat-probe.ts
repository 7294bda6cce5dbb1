import { BLOCKS, blockAt } from "./picture-statistics.ts";

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
/** A picture that differs more than this from the one a second before moves, though it may be a loop. */
const MOST_STIR = 1;
/** Follows the lowest tenth of differences: nine steps up weigh as much as one down. */
const STEP_UP = 1.003;
const STEP_DOWN = 0.97;
/** Looks that must have been compared before anything is said. */
const LEARNING_LOOKS = 180;
/** A stillness that ends within this was the camera's way (long groups of skipped pictures), not a fault. */
const NATURAL_MS = 60_000;

interface Kept {
  readonly atMs: number;
  readonly luma: Float32Array;
}

/**
 * Tells a frozen picture from a still scene by the noise that every sensor has. A source without noise (a drawn picture)
 * cannot be told from a frozen one; there it says null.
 */
export class RepeatProbe {
  readonly #width: number;
  readonly #blockOf: Uint8Array;
  readonly #differences = new Float32Array(BLOCKS);
  readonly #blockPixels = new Float32Array(BLOCKS);
  #kept: Kept[] = [];
  #usual: number | null;
  #looks: number;
  #repeatingSinceMs: number | undefined;

  /** @param usual what an earlier run learnt. */
  constructor(width: number, height: number, usual: number | null) {
    this.#width = width;
    this.#blockOf = new Uint8Array(width * height);
    for (let i = 0; i < this.#blockOf.length; i++) {
      const block = blockAt(i % this.#width, Math.floor(i / this.#width), width, height);
      this.#blockOf[i] = block;
      this.#blockPixels[block] = (this.#blockPixels[block] as number) + 1;
    }
    this.#usual = usual;
    this.#looks = usual === null ? 0 : LEARNING_LOOKS;
  }

  get usualChange(): number | null {
    return this.#looks >= LEARNING_LOOKS ? this.#usual : null;
  }

  /** Whether the picture repeats earlier ones; null while that is not known. */
  look(quarter: Readonly<Float32Array>, atMs: number): boolean | null {
    const luma = Float32Array.from(quarter);
    const last = this.#kept.at(-1);
    const stir = last ? this.#differenceOf(luma, last.luma) : Number.POSITIVE_INFINITY;
    let least = Number.POSITIVE_INFINITY;
    for (const { atMs: thenMs, luma: then } of this.#kept) {
      const lag = atMs - thenMs;
      if (lag >= FIRST_LAG_MS && lag <= LAST_LAG_MS) least = Math.min(least, this.#differenceOf(luma, then));
    }
    this.#kept = this.#kept.filter((kept) => atMs - kept.atMs <= LAST_LAG_MS);
    this.#kept.push({ atMs, luma });
    if (least === Number.POSITIVE_INFINITY) return null;
    return this.#judge(least, stir, atMs);
  }

  #judge(least: number, stir: number, atMs: number): boolean | null {
    const usual = this.#usual ?? least;
    const isKnown = this.#looks >= LEARNING_LOOKS;
    const repeats = isKnown && stir < MOST_STIR && least < Math.min(MOST_DIFFERENCE, usual * MOST_OF_USUAL);
    if (repeats) {
      this.#repeatingSinceMs ??= atMs;
      return true;
    }
    const heldMs = this.#repeatingSinceMs === undefined ? 0 : atMs - this.#repeatingSinceMs;
    this.#repeatingSinceMs = undefined;
    const natural = heldMs < NATURAL_MS ? STEP_DOWN ** (heldMs / 1000) : 1;
    this.#usual = usual * natural * (least < usual ? STEP_DOWN : STEP_UP);
    this.#looks++;
    // Below what an encoder's rounding leaves there is no noise to judge by.
    return isKnown && this.#usual > MOST_DIFFERENCE / 10 ? false : null;
  }

  /** Mean over all blocks but those that differ most. */
  #differenceOf(one: Float32Array, other: Float32Array): number {
    const differences = this.#differences.fill(0);
    const blockOf = this.#blockOf;
    for (let i = 0; i < one.length; i++) {
      const block = blockOf[i] as number;
      differences[block] =
        (differences[block] as number) + Math.abs((one[i] as number) - (other[i] as number));
    }
    for (let block = 0; block < BLOCKS; block++) {
      differences[block] = (differences[block] as number) / (this.#blockPixels[block] as number);
    }
    differences.sort();
    let sum = 0;
    for (let block = 0; block < BLOCKS - CLOCK_BLOCKS; block++) sum += differences[block] as number;
    return sum / (BLOCKS - CLOCK_BLOCKS);
  }
}
