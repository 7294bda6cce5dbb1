import { contains, type Point, type Polygon } from "../../core/geometry.ts";

/** Outlines are covered by rectangles on a grid this fine: at 1280x720 by pieces of 20x20 pixels. */
const COLUMNS = 64;
const ROWS = 36;
/** Points tried along each side of a piece; an outline that only grazes it between two of them is met by its edges. */
const TRIES = 4;

/** A rectangle of pieces, both ends included. */
interface Block {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  bottom: number;
}

/**
 * ffmpeg filters that paint over every piece of the picture that an outline touches, whatever the picture's size: rather
 * some pixels too many than one too few. Empty without outlines.
 */
export function maskFilter(polygons: readonly Polygon[]): string {
  return blocksOver(polygons)
    .map(({ left, right, top, bottom }) => {
      // Rounded outwards; drawbox cuts off what reaches over the picture's edge.
      const [x, y] = [`floor(iw*${left}/${COLUMNS})`, `floor(ih*${top}/${ROWS})`];
      const width = `ceil(iw*${right + 1 - left}/${COLUMNS})+1`;
      const height = `ceil(ih*${bottom + 1 - top}/${ROWS})+1`;
      return `drawbox=x='${x}':y='${y}':w='${width}':h='${height}':color=black:t=fill`;
    })
    .join(",");
}

function blocksOver(polygons: readonly Polygon[]): Block[] {
  const blocks: Block[] = [];
  let growing: Block[] = [];
  for (let row = 0; row < ROWS; row++) {
    const runs = runsOf(row, polygons);
    // A run that stands exactly below a block makes it one row higher.
    const next = runs.map(([left, right]) => {
      const above = growing.find((block) => block.left === left && block.right === right);
      if (above) {
        above.bottom = row;
        return above;
      }
      const block: Block = { left, right, top: row, bottom: row };
      blocks.push(block);
      return block;
    });
    growing = next;
  }
  return blocks;
}

/** Unbroken rows of pieces that any outline touches. */
function runsOf(row: number, polygons: readonly Polygon[]): [left: number, right: number][] {
  const runs: [number, number][] = [];
  for (let column = 0; column < COLUMNS; column++) {
    if (!polygons.some((polygon) => touches(polygon, column, row))) continue;
    const last = runs.at(-1);
    if (last?.[1] === column - 1) last[1] = column;
    else runs.push([column, column]);
  }
  return runs;
}

function touches(polygon: Polygon, column: number, row: number): boolean {
  for (let i = 0; i <= TRIES; i++) {
    for (let j = 0; j <= TRIES; j++) {
      const point: Point = [(column + i / TRIES) / COLUMNS, (row + j / TRIES) / ROWS];
      if (contains(polygon, point)) return true;
    }
  }
  return polygon.some((corner, index) => {
    const next = polygon[(index + 1) % polygon.length] ?? corner;
    return edgeEnters(corner, next, column, row);
  });
}

/** Liang and Barsky's clipping of the edge by the piece leaves something. */
function edgeEnters([ax, ay]: Point, [bx, by]: Point, column: number, row: number): boolean {
  let [from, to] = [0, 1];
  const clip = (start: number, step: number, low: number, high: number): boolean => {
    if (step === 0) return start >= low && start <= high;
    const [first, last] = [(low - start) / step, (high - start) / step].sort((a, b) => a - b) as [
      number,
      number,
    ];
    from = Math.max(from, first);
    to = Math.min(to, last);
    return from <= to;
  };
  return (
    clip(ax, bx - ax, column / COLUMNS, (column + 1) / COLUMNS) &&
    clip(ay, by - ay, row / ROWS, (row + 1) / ROWS)
  );
}
