import { type Point, type Polygon, type Polyline, piecesOf, rasterize } from "./geometry.ts";

// Where in the picture something moved, on a grid of 16 columns and 9 rows: bit `row * 16 + column` of 18 bytes, low bit
// first. Coarse enough to be kept for a month, fine enough to tell the near bank from the far one.

export const CELL_COLUMNS = 16;
export const CELL_ROWS = 9;
export const CELL_COUNT = CELL_COLUMNS * CELL_ROWS;
export const CELL_BYTES = CELL_COUNT / 8;

/** A polygon is looked at in so many points per cell and direction. */
const FINENESS = 6;
/** Beside a line, in cells from it: what counts as one side and the other of the same place. */
const BESIDE = [0.75, 1.5];

export function noCells(): Uint8Array {
  return new Uint8Array(CELL_BYTES);
}

export function addCell(cells: Uint8Array, cell: number): void {
  cells[cell >> 3] = (cells[cell >> 3] ?? 0) | (1 << (cell & 7));
}

export function hasCell(cells: Uint8Array, cell: number): boolean {
  return ((cells[cell >> 3] ?? 0) & (1 << (cell & 7))) !== 0;
}

export function addCells(to: Uint8Array, cells: Uint8Array): void {
  for (let i = 0; i < CELL_BYTES; i++) to[i] = (to[i] ?? 0) | (cells[i] ?? 0);
}

export function shareCells(a: Uint8Array, b: Uint8Array): boolean {
  return a.some((byte, i) => (byte & (b[i] ?? 0)) !== 0);
}

/** The cell of a point in fractions of the picture; the edges belong to the outermost cells. */
export function cellAt([x, y]: Point): number {
  const column = Math.min(CELL_COLUMNS - 1, Math.max(0, Math.floor(x * CELL_COLUMNS)));
  const row = Math.min(CELL_ROWS - 1, Math.max(0, Math.floor(y * CELL_ROWS)));
  return row * CELL_COLUMNS + column;
}

export function centreOf(cell: number): Point {
  return [((cell % CELL_COLUMNS) + 0.5) / CELL_COLUMNS, (Math.floor(cell / CELL_COLUMNS) + 0.5) / CELL_ROWS];
}

/** Every cell that the polygon touches. */
export function cellsOf(polygon: Polygon): Uint8Array {
  const cells = noCells();
  const width = CELL_COLUMNS * FINENESS;
  rasterize(polygon, width, CELL_ROWS * FINENESS).forEach((inside, index) => {
    if (inside === 0) return;
    addCell(
      cells,
      cellAt([((index % width) + 0.5) / width, Math.floor(index / width) / FINENESS / CELL_ROWS]),
    );
  });
  // An outline too thin for the points above still has its corners and edges.
  const [first] = polygon;
  for (const point of pointsAlong(first ? [...polygon, first] : polygon)) addCell(cells, cellAt(point.at));
  return cells;
}

/** Cells on either side of one place of a line. */
export interface LinePlace {
  readonly left: Uint8Array;
  readonly right: Uint8Array;
}

/** The places of a line, about half a cell apart; a cell that the line runs through may be on neither side. */
export function placesAlong(line: Polyline): LinePlace[] {
  return pointsAlong(line).flatMap(({ at: [x, y], along: [dx, dy] }) => {
    const left = noCells();
    const right = noCells();
    for (const distance of BESIDE) {
      // At a right angle in cells; the left of who looks along the line, with y downwards, is (dy, -dx).
      const offset: Point = [(dy * distance) / CELL_COLUMNS, (-dx * distance) / CELL_ROWS];
      const leftPoint: Point = [x + offset[0], y + offset[1]];
      const rightPoint: Point = [x - offset[0], y - offset[1]];
      if (isInPicture(leftPoint)) addCell(left, cellAt(leftPoint));
      if (isInPicture(rightPoint)) addCell(right, cellAt(rightPoint));
    }
    const isWhole = left.some((byte) => byte !== 0) && right.some((byte) => byte !== 0);
    return isWhole ? [{ left, right }] : [];
  });
}

export function coversBothSides(cells: Uint8Array, places: readonly LinePlace[]): boolean {
  return places.some(({ left, right }) => shareCells(cells, left) && shareCells(cells, right));
}

/** Points half a cell apart with the direction there, as a unit vector in cells. */
function pointsAlong(line: Polyline): { at: Point; along: Point }[] {
  return piecesOf(line).flatMap(([a, b]) => {
    const across = (b[0] - a[0]) * CELL_COLUMNS;
    const down = (b[1] - a[1]) * CELL_ROWS;
    const length = Math.hypot(across, down);
    if (length === 0) return [];
    const steps = Math.max(1, Math.ceil(length * 2));
    return Array.from({ length: steps + 1 }, (_, step) => {
      const share = step / steps;
      const at: Point = [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
      return { at, along: [across / length, down / length] as Point };
    });
  });
}

function isInPicture([x, y]: Point): boolean {
  return x >= 0 && x < 1 && y >= 0 && y < 1;
}
