/** A point in fractions of the picture: x from the left, y from the top, 0 to 1. */
export type Point = readonly [x: number, y: number];
/** A closed outline in fractions of the picture; at least three corners, the last joined to the first. */
export type Polygon = readonly Point[];
/** An upright rectangle in fractions of the picture. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Even-odd rule; a point exactly on an edge may count either way. */
export function contains(polygon: Polygon, [px, py]: Point): boolean {
  let inside = false;
  let previous = polygon[polygon.length - 1];
  for (const corner of polygon) {
    if (previous) {
      const [ax, ay] = corner;
      const [bx, by] = previous;
      if (ay > py !== by > py && px < ((bx - ax) * (py - ay)) / (by - ay) + ax) inside = !inside;
    }
    previous = corner;
  }
  return inside;
}

/** Area in squared fractions of the picture (1 is the whole picture), whatever the direction of the corners. */
export function area(polygon: Polygon): number {
  let doubled = 0;
  polygon.forEach(([x, y], index) => {
    const [nextX, nextY] = polygon[(index + 1) % polygon.length] ?? [x, y];
    doubled += x * nextY - nextX * y;
  });
  return Math.abs(doubled) / 2;
}

/** True when two edges that are not neighbours touch or cross. */
export function crossesItself(polygon: Polygon): boolean {
  const edges = polygon.map((from, index) => [from, polygon[(index + 1) % polygon.length] ?? from] as const);
  return edges.some(([a, b], i) =>
    edges.some(([c, d], j) => {
      const neighbours = j === i || j === (i + 1) % edges.length || i === (j + 1) % edges.length;
      return !neighbours && segmentsMeet(a, b, c, d);
    }),
  );
}

function segmentsMeet(a: Point, b: Point, c: Point, d: Point): boolean {
  const sides = [turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)] as const;
  if (sides[0] !== sides[1] && sides[2] !== sides[3]) return true;
  return (
    (sides[0] === 0 && onSegment(a, b, c)) ||
    (sides[1] === 0 && onSegment(a, b, d)) ||
    (sides[2] === 0 && onSegment(c, d, a)) ||
    (sides[3] === 0 && onSegment(c, d, b))
  );
}

function turn([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number {
  return Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));
}

function onSegment([ax, ay]: Point, [bx, by]: Point, [px, py]: Point): boolean {
  return Math.min(ax, bx) <= px && px <= Math.max(ax, bx) && Math.min(ay, by) <= py && py <= Math.max(ay, by);
}

/** Marks with 1 each pixel whose centre lies in `polygon`; row by row, `width * height` bytes. */
export function rasterize(polygon: Polygon, width: number, height: number): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (contains(polygon, [(column + 0.5) / width, (row + 0.5) / height])) mask[row * width + column] = 1;
    }
  }
  return mask;
}
