import type { Box } from "../core/geometry.ts";

/** Where in one picture something moves, cell by cell. */
export class Unrest {
  readonly #cells: Readonly<Uint8Array>;
  readonly #columns: number;

  /** @param cells 1 for each cell in which something moves, else 0, row by row. */
  constructor(cells: Readonly<Uint8Array>, columns: number) {
    this.#cells = cells;
    this.#columns = columns;
  }

  /** Share of a box in which something moves, 0 to 1. */
  share({ x, y, width, height }: Box): number {
    const rows = this.#cells.length / this.#columns;
    const left = Math.max(0, Math.floor(x * this.#columns));
    const right = Math.min(this.#columns, Math.ceil((x + width) * this.#columns));
    const top = Math.max(0, Math.floor(y * rows));
    const bottom = Math.min(rows, Math.ceil((y + height) * rows));
    let count = 0;
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        count += this.#cells[row * this.#columns + column] as number;
      }
    }
    return count / Math.max(1, (right - left) * (bottom - top));
  }
}
