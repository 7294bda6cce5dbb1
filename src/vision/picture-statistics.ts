import { BLOCK_COLUMNS, BLOCKS, type BlockEdges, blockEdges } from "./blocks.ts";

// What one gray picture is like, in figures: how bright, how much contrast, how sharp, where its edges run.

/** Luma at or below which nothing can be made out, and above which everything is bleached (0-255). */
const DARK_LUMA = 32;
const BRIGHT_LUMA = 224;
/** Curvature that the coarse detail must have for a word on sharpness; and what share of the finest may be everywhere. */
const LEAST_CURVATURE = 12;
const NOISY_SHARE = 0.2;
/** Gradient at which an edge counts half in the layout; shading and what noise leaves at this size are well below. */
const HALF_WEIGHT_GRADIENT = 10;
/** Pictures of half and a quarter of the size hold sums of 4 and of 16 pixels: whole numbers, and none is lost. */
const HALF_BITS = 2;
export const QUARTER_BITS = 4;
const HALF_WEIGHT = (HALF_WEIGHT_GRADIENT << QUARTER_BITS) ** 2;

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

/** Measures pictures of one size. What it gives of a picture is used again for the next. */
export class PictureMeasure {
  readonly #width: number;
  readonly #height: number;
  readonly #half: Uint16Array;
  readonly #histogram = new Uint32Array(256);
  readonly #curvatures = new Uint32Array(4 * 255 + 1);
  readonly #edges: BlockEdges;
  readonly #layout: Layout;
  /** Luma of the picture measured last at a quarter of its size, times 16. */
  readonly quarter: Uint16Array;

  /** @param width and @param height in pixels; whole blocks of four are looked at. */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#half = new Uint16Array((width >> 1) * (height >> 1));
    const quarterWidth = width >> 2;
    const quarterHeight = height >> 2;
    this.quarter = new Uint16Array(quarterWidth * quarterHeight);
    this.#edges = blockEdges(quarterWidth, quarterHeight);
    this.#layout = {
      width: quarterWidth,
      height: quarterHeight,
      planes: new Float32Array(this.quarter.length * 2),
      blockLuma: new Float32Array(BLOCKS),
    };
  }

  measure(pixels: Uint8Array): PictureFigures {
    halve(pixels, this.#width, this.#height, this.#half);
    halve(this.#half, this.#width >> 1, this.#height >> 1, this.quarter);
    return { ...this.#brightness(), ...this.#sharpness() };
  }

  /** Of the picture measured last. */
  layout(): Layout {
    const { width, height, planes, blockLuma } = this.#layout;
    const { left, top } = this.#edges;
    const size = width * height;
    const quarter = this.quarter;
    for (let block = 0; block < BLOCKS; block++) {
      const row = (block / BLOCK_COLUMNS) | 0;
      const column = block - row * BLOCK_COLUMNS;
      const [x0, x1] = within(left, column, width);
      const [y0, y1] = within(top, row, height);
      let sum = 0;
      for (let y = y0; y < y1; y++) {
        for (let i = y * width + x0, end = y * width + x1; i < end; i++) {
          const across = (quarter[i + 1] as number) - (quarter[i - 1] as number);
          const down = (quarter[i + width] as number) - (quarter[i - width] as number);
          const weight = 1 / (across * across + down * down + HALF_WEIGHT);
          planes[i] = weight * (across * across - down * down);
          planes[size + i] = weight * 2 * across * down;
          sum += quarter[i] as number;
        }
      }
      blockLuma[block] = sum / ((x1 - x0) * (y1 - y0) * (1 << QUARTER_BITS));
    }
    return this.#layout;
  }

  #brightness(): Pick<PictureFigures, "meanLuma" | "spread" | "darkShare" | "brightShare"> {
    const luma = this.quarter;
    const histogram = this.#histogram.fill(0);
    let sum = 0;
    for (let i = 0; i < luma.length; i++) {
      const level = ((luma[i] as number) + (1 << (QUARTER_BITS - 1))) >> QUARTER_BITS;
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
    const fine = curvature(this.#half, HALF_BITS, this.#width >> 1, this.#height >> 1, this.#curvatures);
    const coarse = curvature(
      this.quarter,
      QUARTER_BITS,
      this.#width >> 2,
      this.#height >> 2,
      this.#curvatures,
    );
    const isJudged = coarse.strongest >= LEAST_CURVATURE && fine.common <= fine.strongest * NOISY_SHARE;
    return { sharpness: isJudged ? fine.strongest / coarse.strongest : null, detail: coarse.strongest };
  }
}

/** Percentiles of |4 c - left - right - above - below|: the median and the strongest fiftieth, in steps of luma. */
function curvature(
  luma: Uint16Array,
  bits: number,
  width: number,
  height: number,
  histogram: Uint32Array,
): { readonly common: number; readonly strongest: number } {
  histogram.fill(0);
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * width + 1, end = (y + 1) * width - 1; i < end; i++) {
      const around =
        (luma[i - 1] as number) +
        (luma[i + 1] as number) +
        (luma[i - width] as number) +
        (luma[i + width] as number);
      const bend = 4 * (luma[i] as number) - around;
      const sign = bend >> 31;
      const bin = ((bend ^ sign) - sign) >> bits;
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

/** From an edge of blocks to the next, without the border of the picture, where nothing has four neighbours. */
function within(edges: Uint16Array, at: number, size: number): readonly [number, number] {
  return [Math.max(1, edges[at] as number), Math.min(size - 1, edges[at + 1] as number)];
}

/** Sums of 2 x 2. */
function halve(picture: Uint8Array | Uint16Array, width: number, height: number, half: Uint16Array): void {
  const halfWidth = width >> 1;
  for (let y = 0; y < height >> 1; y++) {
    let i = 2 * y * width;
    for (let to = y * halfWidth, end = to + halfWidth; to < end; to++, i += 2) {
      const below = i + width;
      half[to] =
        (picture[i] as number) +
        (picture[i + 1] as number) +
        (picture[below] as number) +
        (picture[below + 1] as number);
    }
  }
}
