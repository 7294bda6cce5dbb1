import type { Box } from "../core/geometry.ts";

/** Pixels are grouped into square cells of this size; single noisy pixels then vanish. */
export const CELL_PIXELS = 4;
/** This many of a cell's pixels must be foreground: two fifths. */
export const NEEDED_PIXELS = Math.ceil(0.4 * CELL_PIXELS * CELL_PIXELS);
/** A far person of 8 % of the height covers about this many cells of a 320x180 picture. */
const LEAST_CELLS = 5;

/** Foreground that hangs together. `cells` are indexes into the grid, row by row. */
export interface MovingShape {
  readonly box: Box;
  readonly cells: readonly number[];
}

/** Groups cells with foreground into shapes; neighbours count also across corners. */
export class ShapeFinder {
  readonly #columns: number;
  readonly #rows: number;
  readonly #moving: Uint8Array;

  /** @param width and @param height of the picture in pixels. */
  constructor(width: number, height: number) {
    this.#columns = Math.floor(width / CELL_PIXELS);
    this.#rows = Math.floor(height / CELL_PIXELS);
    this.#moving = new Uint8Array(this.#columns * this.#rows);
  }

  /** @param foregroundInCells how many pixels of each cell are foreground, row by row. */
  find(foregroundInCells: Readonly<Uint8Array>): MovingShape[] {
    const moving = this.#moving;
    for (let cell = 0; cell < moving.length; cell++) {
      moving[cell] = (foregroundInCells[cell] as number) >= NEEDED_PIXELS ? 1 : 0;
    }
    const shapes: MovingShape[] = [];
    for (let start = moving.indexOf(1); start >= 0; start = moving.indexOf(1, start + 1)) {
      const cells = collect(moving, start, this.#columns, this.#rows);
      if (cells.length >= LEAST_CELLS)
        shapes.push({ box: boxAround(cells, this.#columns, this.#rows), cells });
    }
    return shapes;
  }
}

/** Flood fill; takes the cells it visits out of `moving`. */
function collect(moving: Uint8Array, start: number, columns: number, rows: number): number[] {
  const cells = [start];
  moving[start] = 0;
  for (let next = 0; next < cells.length; next++) {
    const cell = cells[next] as number;
    const row = Math.floor(cell / columns);
    const column = cell % columns;
    for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
      for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) {
        const neighbour = y * columns + x;
        if (moving[neighbour] !== 1) continue;
        moving[neighbour] = 0;
        cells.push(neighbour);
      }
    }
  }
  return cells;
}

function boxAround(cells: readonly number[], columns: number, rows: number): Box {
  let left = columns;
  let right = 0;
  let top = rows;
  let bottom = 0;
  for (const cell of cells) {
    const row = Math.floor(cell / columns);
    const column = cell % columns;
    left = Math.min(left, column);
    right = Math.max(right, column + 1);
    top = Math.min(top, row);
    bottom = Math.max(bottom, row + 1);
  }
  return { x: left / columns, y: top / rows, width: (right - left) / columns, height: (bottom - top) / rows };
}
