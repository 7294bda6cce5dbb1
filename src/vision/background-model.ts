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
/** A pixel changed when it is off by this much from the picture before; less is the camera's noise. */
export const LEAST_CHANGE = 12;
/** So many changed pixels are noise, too; the smallest person covers several times that. */
const NOISE_PIXELS = 20;
/** A pixel differs when it is off by this many of its own usual deviations, and by this much at the least (0-255). */
const DEVIATIONS = 4;
const LEAST_DIFFERENCE = 18;
const FIRST_DEVIATION = 4;
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
  readonly #previous: Uint8Array;
  readonly #differences = new Uint32Array(511);
  #looks = 0;

  constructor(pixelCount: number) {
    this.#mean = new Float32Array(pixelCount);
    this.#deviation = new Float32Array(pixelCount);
    this.#foreground = new Uint8Array(pixelCount);
    this.#previous = new Uint8Array(pixelCount);
  }

  /** What the place looks like without what moves; changes with every look. */
  get mean(): Readonly<Float32Array> {
    return this.#mean;
  }

  /** True when next to nothing changed since the last look, so that this picture could teach nothing new. */
  isUnchanged(pixels: Uint8Array): boolean {
    if (this.#looks < LEARNING_LOOKS) return false;
    const previous = this.#previous;
    let changed = 0;
    for (let i = 0; i < pixels.length; i++) {
      if (Math.abs((pixels[i] as number) - (previous[i] as number)) >= LEAST_CHANGE) changed++;
    }
    return changed <= NOISE_PIXELS;
  }

  /**
   * Marks with 1 each pixel that differs from the background, and learns. The result is reused by the next call.
   * @param sinceMs time since the last call.
   */
  look(pixels: Uint8Array, sinceMs = LOOK_MS): Uint8Array {
    const foreground = this.#judge(pixels, sinceMs / LOOK_MS);
    this.#previous.set(pixels);
    return foreground;
  }

  /** Whether it still learns what the place looks like, and calls nothing foreground. */
  get isLearning(): boolean {
    return this.#looks < LEARNING_LOOKS;
  }

  #judge(pixels: Uint8Array, looks: number): Uint8Array {
    if (this.#looks === 0) {
      this.#mean.set(pixels);
      this.#deviation.fill(FIRST_DEVIATION);
    }
    this.#followBrightness(pixels);
    if (this.#looks < LEARNING_LOOKS) {
      this.#looks++;
      this.#foreground.fill(0);
      this.#learn(pixels, LEARNING_RATE, 0);
      return this.#foreground;
    }
    const changed = this.#compare(pixels);
    if (changed > pixels.length * LIGHT_CHANGE_SHARE) {
      this.#mean.set(pixels);
      // The camera's exposure goes on settling for about a second.
      this.#looks = 1;
      return this.#foreground.fill(0);
    }
    this.#learn(pixels, rateOver(looks, BACKGROUND_RATE), rateOver(looks, FOREGROUND_RATE));
    return this.#foreground;
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
    this.#differences.fill(0);
    let count = 0;
    for (let i = 0; i < pixels.length; i += BRIGHTNESS_STRIDE) {
      const bin = Math.round((pixels[i] as number) - (this.#mean[i] as number)) + 255;
      this.#differences[bin] = (this.#differences[bin] ?? 0) + 1;
      count++;
    }
    let shift = -255;
    for (let below = 0; shift < 255; shift++) {
      below += this.#differences[shift + 255] ?? 0;
      if (below * 2 >= count) break;
    }
    if (shift === 0) return;
    for (let i = 0; i < this.#mean.length; i++) {
      this.#mean[i] = Math.min(255, Math.max(0, (this.#mean[i] as number) + shift));
    }
  }

  #compare(pixels: Uint8Array): number {
    // Private fields in local names: these loops are what a look costs.
    const mean = this.#mean;
    const deviation = this.#deviation;
    const foreground = this.#foreground;
    let changed = 0;
    for (let i = 0; i < pixels.length; i++) {
      const difference = Math.abs((pixels[i] as number) - (mean[i] as number));
      if (difference > LEAST_DIFFERENCE && difference > DEVIATIONS * (deviation[i] as number)) {
        // What comes and goes is the place's own unrest and widens the deviation; what came and stays is somebody.
        if (foreground[i] === 0) this.#widen(i, difference);
        foreground[i] = 1;
        changed++;
      } else {
        foreground[i] = 0;
      }
    }
    return changed;
  }

  #widen(index: number, difference: number): void {
    const deviation = this.#deviation[index] as number;
    this.#deviation[index] = deviation + BACKGROUND_RATE * (difference - deviation);
  }

  #learn(pixels: Uint8Array, rate: number, foregroundRate: number): void {
    const mean = this.#mean;
    const deviations = this.#deviation;
    const foreground = this.#foreground;
    const previous = this.#previous;
    for (let i = 0; i < pixels.length; i++) {
      const level = pixels[i] as number;
      const difference = level - (mean[i] as number);
      if (foreground[i] === 1) {
        const changed = Math.abs(level - (previous[i] as number)) >= LEAST_CHANGE;
        if (changed) mean[i] = (mean[i] as number) + foregroundRate * difference;
        continue;
      }
      mean[i] = (mean[i] as number) + rate * difference;
      const deviation = deviations[i] as number;
      deviations[i] = deviation + rate * (Math.abs(difference) - deviation);
    }
  }
}

/** What `rate` a look comes to over so many, which need not be whole. */
function rateOver(looks: number, rate: number): number {
  return 1 - (1 - rate) ** looks;
}
