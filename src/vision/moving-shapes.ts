import type { Box } from "../core/geometry.ts";

/** Pixels are grouped into square cells of this size; single noisy pixels then vanish. */
export const CELL_PIXELS = 4;
/** Share of a cell's pixels that must be foreground. */
const CELL_SHARE = 0.4;
/** A far person of 8 % of the height covers about this many cells of a 320x180 picture. */
const LEAST_CELLS = 5;

/** Foreground that hangs together. `cells` are indexes into the grid, row by row. */
export interface MovingShape {
  readonly box: Box;
  readonly cells: readonly number[];
}

/** Groups foreground pixels into shapes; neighbours count also across corners. */
export function findMovingShapes(foreground: Uint8Array, width: number, height: number): MovingShape[] {
  const columns = Math.floor(width / CELL_PIXELS);
  const rows = Math.floor(height / CELL_PIXELS);
  const moving = movingCells(foreground, width, columns, rows);
  const shapes: MovingShape[] = [];
  for (let start = 0; start < moving.length; start++) {
    if (moving[start] !== 1) continue;
    const cells = collect(moving, start, columns, rows);
    if (cells.length >= LEAST_CELLS) shapes.push({ box: boxAround(cells, columns, rows), cells });
  }
  return shapes;
}

function movingCells(foreground: Uint8Array, width: number, columns: number, rows: number): Uint8Array {
  const counts = countInCells(foreground, width, new Uint8Array(columns * rows));
  const needed = CELL_SHARE * CELL_PIXELS * CELL_PIXELS;
  for (let cell = 0; cell < counts.length; cell++) counts[cell] = (counts[cell] as number) >= needed ? 1 : 0;
  return counts;
}

/** Counts the pixels marked with 1 in each cell, row by row, into `counts`, and returns it. */
export function countInCells(mask: Uint8Array, width: number, counts: Uint8Array): Uint8Array {
  const columns = Math.floor(width / CELL_PIXELS);
  counts.fill(0);
  for (let first = 0, top = 0; first < counts.length; first += columns, top += CELL_PIXELS * width) {
    for (let row = top; row < top + CELL_PIXELS * width; row += width) {
      for (let cell = first, i = row; cell < first + columns; cell++, i += CELL_PIXELS) {
        let count = counts[cell] as number;
        for (let j = i; j < i + CELL_PIXELS; j++) count += mask[j] as number;
        counts[cell] = count;
      }
    }
  }
  return counts;
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
