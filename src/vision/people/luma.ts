/** A picture of 8-bit luma, row by row; what comes after `width * height` bytes is not looked at. */
export interface LumaPicture {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** Makes pictures of one size out of those of another: each pixel is the mean of those that it stands for. */
export class LumaScaler {
  readonly #width: number;
  readonly #height: number;
  readonly #sums: Uint16Array;
  #columns: Uint16Array = new Uint16Array(0);
  #fromWidth = 0;

  /** @param width and @param height of the pictures that it makes, in pixels. */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#sums = new Uint16Array(width);
  }

  /** The luma of `from` alone where it has the right size already. */
  scale(from: LumaPicture): Uint8Array<ArrayBuffer> {
    const { width, height, pixels } = from;
    if (width === this.#width && height === this.#height) return pixels.slice(0, width * height);
    const made = new Uint8Array(this.#width * this.#height);
    if (width === 2 * this.#width && height === 2 * this.#height) {
      this.#halve(pixels, made);
      return made;
    }
    if (width !== this.#fromWidth) {
      this.#fromWidth = width;
      this.#columns = edges(width, this.#width);
    }
    const rows = edges(height, this.#height);
    for (let y = 0; y < this.#height; y++) {
      this.#scaleRow(from, [rows[y] as number, rows[y + 1] as number], made, y * this.#width);
    }
    return made;
  }

  /** Almost every camera's smaller stream is twice as large as what is analysed. */
  #halve(pixels: Uint8Array, made: Uint8Array): void {
    const width = 2 * this.#width;
    for (let y = 0, to = 0, from = 0; y < this.#height; y++, from += width) {
      for (const end = to + this.#width; to < end; to++, from += 2) {
        const sum =
          (pixels[from] as number) +
          (pixels[from + 1] as number) +
          (pixels[from + width] as number) +
          (pixels[from + width + 1] as number);
        made[to] = (sum + 2) >> 2;
      }
    }
  }

  #scaleRow(from: LumaPicture, [top, below]: readonly [number, number], made: Uint8Array, to: number): void {
    const { width, pixels } = from;
    const columns = this.#columns;
    // A picture smaller than what is made of it has no rows or columns for some: they repeat the one before.
    const bottom = Math.min(from.height, Math.max(below, top + 1));
    const sums = this.#sums.fill(0);
    for (let y = Math.min(top, bottom - 1); y < bottom; y++) {
      for (let x = 0, i = y * width; x < this.#width; x++) {
        const right = columns[x + 1] as number;
        let sum = 0;
        for (const end = y * width + right; i < end; i++) sum += pixels[i] as number;
        if (right === columns[x]) sum = pixels[y * width + Math.min(right, width - 1)] as number;
        sums[x] = (sums[x] as number) + sum;
      }
    }
    const rows = bottom - Math.min(top, bottom - 1);
    for (let x = 0; x < this.#width; x++) {
      const count = rows * Math.max(1, (columns[x + 1] as number) - (columns[x] as number));
      made[to + x] = ((sums[x] as number) + (count >> 1)) / count;
    }
  }
}

/** Where each of `parts` begins in `size` pixels, and where the last one ends. */
function edges(size: number, parts: number): Uint16Array {
  return Uint16Array.from({ length: parts + 1 }, (_, part) => Math.floor((part * size) / parts));
}
