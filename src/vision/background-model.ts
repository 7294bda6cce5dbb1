// vision/: pictures become movement in zones, in a worker thread. It may import core/ only.

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
/** Far below what matters, and far above where floating point becomes slow: a pixel that never changes gets there. */
const LEAST_DEVIATION = 0.1;
/** When this share of the picture changes at once it was the light (lamp, infrared switch), not somebody. */
const LIGHT_CHANGE_SHARE = 0.6;
/** Every so many pixels are asked how much brighter the whole picture became; odd, so that no column is favoured. */
const BRIGHTNESS_STRIDE = 7;

/**
 * What a place usually looks like, pixel by pixel: a running mean and mean deviation, so that what always moves
 * (ripples, leaves) needs a larger difference to count.
 */
export class BackgroundModel {
  readonly #mean: Float32Array;
  readonly #deviation: Float32Array;
  readonly #foreground: Uint8Array;
  readonly #differences = new Uint32Array(511);
  #looks = 0;

  constructor(pixelCount: number) {
    this.#mean = new Float32Array(pixelCount);
    this.#deviation = new Float32Array(pixelCount);
    this.#foreground = new Uint8Array(pixelCount);
  }

  /** What the place looks like without what moves; changes with every look. */
  get mean(): Readonly<Float32Array> {
    return this.#mean;
  }

  /**
   * Marks with 1 each pixel that differs from the background, and learns. The result is reused by the next call.
   * @param changed 1 for each pixel that changed since the last call.
   * @param sinceMs time since the last call.
   */
  look(pixels: Uint8Array, changed: Uint8Array, sinceMs: number): Uint8Array {
    const looks = sinceMs / LOOK_MS;
    if (this.#looks === 0) {
      this.#mean.set(pixels);
      this.#deviation.fill(FIRST_DEVIATION);
    }
    this.#followBrightness(pixels);
    if (this.isLearning) {
      this.#looks++;
      this.#learn(pixels);
      return this.#foreground.fill(0);
    }
    const count = this.#judge(
      pixels,
      changed,
      rateOver(looks, BACKGROUND_RATE),
      rateOver(looks, FOREGROUND_RATE),
    );
    if (count > pixels.length * LIGHT_CHANGE_SHARE) {
      this.#mean.set(pixels);
      // The camera's exposure goes on settling for about a second.
      this.#looks = 1;
      return this.#foreground.fill(0);
    }
    return this.#foreground;
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
    this.#mean[index] = value;
  }

  /** Exposure and passing clouds shift everything together; the median difference tells by how much. */
  #followBrightness(pixels: Uint8Array): void {
    const mean = this.#mean;
    const differences = this.#differences.fill(0);
    let count = 0;
    for (let i = 0; i < pixels.length; i += BRIGHTNESS_STRIDE) {
      const bin = Math.round((pixels[i] as number) - (mean[i] as number)) + 255;
      differences[bin] = (differences[bin] as number) + 1;
      count++;
    }
    let shift = -255;
    for (let below = 0; shift < 255; shift++) {
      below += differences[shift + 255] as number;
      if (below * 2 >= count) break;
    }
    if (shift === 0) return;
    for (let i = 0; i < mean.length; i++) {
      mean[i] = Math.min(255, Math.max(0, (mean[i] as number) + shift));
    }
  }

  /** Compares and learns in one pass over the pixels, which is what a look costs. @returns how many differ. */
  #judge(pixels: Uint8Array, changed: Uint8Array, rate: number, foregroundRate: number): number {
    const means = this.#mean;
    const deviations = this.#deviation;
    const foreground = this.#foreground;
    let count = 0;
    for (let i = 0; i < pixels.length; i++) {
      const mean = means[i] as number;
      const deviation = deviations[i] as number;
      const difference = (pixels[i] as number) - mean;
      const distance = difference < 0 ? -difference : difference;
      if (distance <= LEAST_DIFFERENCE || distance <= DEVIATIONS * deviation) {
        const learnt = deviation + rate * (distance - deviation);
        foreground[i] = 0;
        means[i] = mean + rate * difference;
        deviations[i] = Math.max(LEAST_DEVIATION, learnt);
        continue;
      }
      // What comes and goes is the place's own unrest and widens the deviation; what came and stays is somebody.
      if (foreground[i] === 0) deviations[i] = deviation + BACKGROUND_RATE * (distance - deviation);
      if (changed[i] === 1) means[i] = mean + foregroundRate * difference;
      foreground[i] = 1;
      count++;
    }
    return count;
  }

  #learn(pixels: Uint8Array): void {
    const means = this.#mean;
    const deviations = this.#deviation;
    for (let i = 0; i < pixels.length; i++) {
      const difference = (pixels[i] as number) - (means[i] as number);
      const deviation = deviations[i] as number;
      means[i] = (means[i] as number) + LEARNING_RATE * difference;
      deviations[i] = deviation + LEARNING_RATE * (Math.abs(difference) - deviation);
    }
  }
}

/** What `rate` a look comes to over so many, which need not be whole. */
function rateOver(looks: number, rate: number): number {
  return 1 - (1 - rate) ** looks;
}
