// What one gray picture is like, in figures: how bright, how much contrast, how sharp, where its edges run.

/** Luma at or below which nothing can be made out, and above which everything is bleached (0-255). */
const DARK_LUMA = 32;
const BRIGHT_LUMA = 224;
/** Curvature that the coarse detail must have for a word on sharpness; and what share of the finest may be everywhere. */
const LEAST_CURVATURE = 12;
const NOISY_SHARE = 0.2;
/** Gradient at which an edge counts half in the layout; shading and what noise leaves at this size are well below. */
const HALF_WEIGHT_GRADIENT = 10;
/** The layout is kept in blocks, so that what changed can be told by its place. */
export const BLOCK_COLUMNS = 16;
export const BLOCK_ROWS = 9;
export const BLOCKS = BLOCK_COLUMNS * BLOCK_ROWS;

/** The block of a place in a picture of `width` by `height`. */
export function blockAt(x: number, y: number, width: number, height: number): number {
  return Math.floor((y * BLOCK_ROWS) / height) * BLOCK_COLUMNS + Math.floor((x * BLOCK_COLUMNS) / width);
}

export interface PictureFigures {
  /** 0 to 255. */
  readonly meanLuma: number;
  /** Luma between the darkest and the brightest fiftieth of the picture. */
  readonly spread: number;
  /** Shares of the picture, 0 to 1. */
  readonly darkShare: number;
  readonly brightShare: number;
  /** Fine detail beside coarse, 0.7 to 1.1 in focus; null where there is too little detail, or too much noise. */
  readonly sharpness: number | null;
  /** The strongest curvature at a quarter of the size, in luma: below 12 there is hardly an edge in the picture. */
  readonly detail: number;
}

/** Where edges run, a quarter of the picture's size: direction doubled, so that light and dark may change places. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  /** Two planes after each other: cosine and sine of twice the direction, weighted by how clear the edge is. */
  readonly planes: Float32Array;
  /** Mean luma of each block, row by row. */
  readonly blockLuma: Float32Array;
}

/** Measures pictures of one size. What it returns is new each time. */
export class PictureMeasure {
  readonly #width: number;
  readonly #height: number;
  readonly #half: Float32Array;
  readonly #quarter: Float32Array;
  readonly #histogram = new Uint32Array(256);
  readonly #curvatures = new Uint32Array(4 * 255 + 1);

  /** @param width and @param height in pixels; whole blocks of four are looked at. */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#half = new Float32Array((width >> 1) * (height >> 1));
    this.#quarter = new Float32Array((width >> 2) * (height >> 2));
  }

  /** Luma of the picture measured last at a quarter of its size; used again for the next. */
  get quarter(): Float32Array {
    return this.#quarter;
  }

  measure(pixels: Uint8Array): PictureFigures {
    this.#shrink(pixels);
    return { ...this.#brightness(), ...this.#sharpness() };
  }

  /** Of the picture measured last. */
  layout(): Layout {
    const width = this.#width >> 2;
    const height = this.#height >> 2;
    const size = width * height;
    const quarter = this.#quarter;
    const planes = new Float32Array(size * 2);
    const blockLuma = new Float32Array(BLOCKS);
    const blockPixels = new Uint16Array(BLOCKS);
    for (let y = 1; y < height - 1; y++) {
      for (let x = 1; x < width - 1; x++) {
        const i = y * width + x;
        const across = (quarter[i + 1] as number) - (quarter[i - 1] as number);
        const down = (quarter[i + width] as number) - (quarter[i - width] as number);
        const squared = across * across + down * down;
        const weight = squared / (squared + HALF_WEIGHT_GRADIENT ** 2);
        if (squared > 0) {
          planes[i] = (weight * (across * across - down * down)) / squared;
          planes[size + i] = (weight * 2 * across * down) / squared;
        }
        const block = blockAt(x, y, width, height);
        blockLuma[block] = (blockLuma[block] as number) + (quarter[i] as number);
        blockPixels[block] = (blockPixels[block] as number) + 1;
      }
    }
    for (let block = 0; block < BLOCKS; block++) {
      blockLuma[block] = (blockLuma[block] as number) / (blockPixels[block] as number);
    }
    return { width, height, planes, blockLuma };
  }

  #shrink(pixels: Uint8Array): void {
    const half = this.#half;
    const halfWidth = this.#width >> 1;
    for (let y = 0; y < this.#height >> 1; y++) {
      let i = 2 * y * this.#width;
      for (let to = y * halfWidth; to < (y + 1) * halfWidth; to++, i += 2) {
        const below = i + this.#width;
        half[to] =
          ((pixels[i] as number) +
            (pixels[i + 1] as number) +
            (pixels[below] as number) +
            (pixels[below + 1] as number)) /
          4;
      }
    }
    const quarterWidth = this.#width >> 2;
    for (let y = 0; y < this.#height >> 2; y++) {
      let i = 2 * y * halfWidth;
      for (let to = y * quarterWidth; to < (y + 1) * quarterWidth; to++, i += 2) {
        const below = i + halfWidth;
        this.#quarter[to] =
          ((half[i] as number) +
            (half[i + 1] as number) +
            (half[below] as number) +
            (half[below + 1] as number)) /
          4;
      }
    }
  }

  #brightness(): Pick<PictureFigures, "meanLuma" | "spread" | "darkShare" | "brightShare"> {
    const luma = this.#quarter;
    const histogram = this.#histogram.fill(0);
    let sum = 0;
    for (let i = 0; i < luma.length; i++) {
      const level = ((luma[i] as number) + 0.5) | 0;
      sum += level;
      histogram[level] = (histogram[level] as number) + 1;
    }
    const share = (from: number, to: number): number => {
      let count = 0;
      for (let level = from; level < to; level++) count += histogram[level] as number;
      return count / luma.length;
    };
    return {
      meanLuma: sum / luma.length,
      spread: percentile(histogram, luma.length * 0.98) - percentile(histogram, luma.length * 0.02),
      darkShare: share(0, DARK_LUMA + 1),
      brightShare: share(BRIGHT_LUMA, 256),
    };
  }

  /**
   * The strongest curvature at half size beside that at a quarter: blur takes the finer detail first, contrast and light
   * take both alike. Where the common curvature is not far below the strongest, it is noise that was measured.
   */
  #sharpness(): Pick<PictureFigures, "sharpness" | "detail"> {
    const fine = curvature(this.#half, this.#width >> 1, this.#height >> 1, this.#curvatures);
    const coarse = curvature(this.#quarter, this.#width >> 2, this.#height >> 2, this.#curvatures);
    const isJudged = coarse.strongest >= LEAST_CURVATURE && fine.common <= fine.strongest * NOISY_SHARE;
    return { sharpness: isJudged ? fine.strongest / coarse.strongest : null, detail: coarse.strongest };
  }
}

/** Percentiles of |4 c - left - right - above - below|: the median and the strongest fiftieth, in steps of luma. */
function curvature(
  luma: Float32Array,
  width: number,
  height: number,
  histogram: Uint32Array,
): { readonly common: number; readonly strongest: number } {
  histogram.fill(0);
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1; i < (y + 1) * width - 1; i++) {
      const around =
        (luma[i - 1] as number) +
        (luma[i + 1] as number) +
        (luma[i - width] as number) +
        (luma[i + width] as number);
      const bin = Math.abs(4 * (luma[i] as number) - around) | 0;
      histogram[bin] = (histogram[bin] as number) + 1;
    }
  }
  const count = (width - 2) * (height - 2);
  return { common: percentile(histogram, count * 0.5), strongest: percentile(histogram, count * 0.98) };
}

function percentile(histogram: Uint32Array, wanted: number): number {
  let below = 0;
  for (let value = 0; value < histogram.length; value++) {
    below += histogram[value] as number;
    if (below >= wanted) return value;
  }
  return histogram.length - 1;
}
