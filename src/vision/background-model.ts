// vision/: pictures become movement in zones, in a worker thread. It may import core/ only.

/** The first pictures are learnt from, fast, before anything is called foreground. */
const LEARNING_LOOKS = 5;
const LEARNING_RATE = 0.3;
/** Share of each new picture that the background takes over: about 4 s to learn at 5 pictures a second. */
const BACKGROUND_RATE = 0.05;
/** The same where something stands in front: somebody who waits fades in about 100 s, not at once. */
const FOREGROUND_RATE = 0.002;
/** A pixel differs when it is off by this many of its own usual deviations, and by this much at the least (0-255). */
const DEVIATIONS = 4;
const LEAST_DIFFERENCE = 18;
/** When this share of the picture changes at once it was the light (lamp, infrared switch), not somebody. */
const LIGHT_CHANGE_SHARE = 0.6;

/**
 * What a place usually looks like, pixel by pixel: a running mean and mean deviation, so that what always moves
 * (ripples, leaves) needs a larger difference to count.
 */
export class BackgroundModel {
  readonly #mean: Float32Array;
  readonly #deviation: Float32Array;
  readonly #foreground: Uint8Array;
  #looks = 0;

  constructor(pixelCount: number) {
    this.#mean = new Float32Array(pixelCount);
    this.#deviation = new Float32Array(pixelCount).fill(4);
    this.#foreground = new Uint8Array(pixelCount);
  }

  /** Marks with 1 each pixel that differs from the background, and learns. The result is reused by the next call. */
  look(pixels: Uint8Array): Uint8Array {
    if (this.#looks === 0) this.#adopt(pixels);
    const learning = this.#looks < LEARNING_LOOKS;
    this.#looks++;
    const changed = this.#compare(pixels);
    if (learning) {
      this.#learn(pixels, LEARNING_RATE, LEARNING_RATE);
      return this.#foreground.fill(0);
    }
    if (changed > pixels.length * LIGHT_CHANGE_SHARE) {
      this.#adopt(pixels);
      return this.#foreground.fill(0);
    }
    this.#learn(pixels, BACKGROUND_RATE, FOREGROUND_RATE);
    return this.#foreground;
  }

  #adopt(pixels: Uint8Array): void {
    this.#mean.set(pixels);
  }

  #compare(pixels: Uint8Array): number {
    let changed = 0;
    for (let i = 0; i < pixels.length; i++) {
      const difference = Math.abs((pixels[i] as number) - (this.#mean[i] as number));
      const limit = Math.max(LEAST_DIFFERENCE, DEVIATIONS * (this.#deviation[i] as number));
      const isForeground = difference > limit ? 1 : 0;
      this.#foreground[i] = isForeground;
      changed += isForeground;
    }
    return changed;
  }

  #learn(pixels: Uint8Array, backgroundRate: number, foregroundRate: number): void {
    for (let i = 0; i < pixels.length; i++) {
      const rate = this.#foreground[i] === 1 ? foregroundRate : backgroundRate;
      const difference = (pixels[i] as number) - (this.#mean[i] as number);
      this.#mean[i] = (this.#mean[i] as number) + rate * difference;
      this.#deviation[i] =
        (this.#deviation[i] as number) + rate * (Math.abs(difference) - (this.#deviation[i] as number));
    }
  }
}
