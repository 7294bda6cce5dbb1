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

/** The smallest box that holds both. */
export function boxAround(a: Box, b: Box): Box {
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  const right = Math.max(a.x + a.width, b.x + b.width);
  const bottom = Math.max(a.y + a.height, b.y + b.height);
  return { x, y, width: right - x, height: bottom - y };
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

/** An open line in fractions of the picture; at least two points. Its left is that of who walks along it as it is seen. */
export type Polyline = readonly Point[];

/** True when two pieces of the line that are not neighbours touch or cross, or when it turns back on itself. */
export function lineCrossesItself(line: Polyline): boolean {
  const pieces = piecesOf(line);
  return pieces.some(([a, b], i) =>
    pieces.some(([c, d], j) => {
      if (j <= i) return false;
      if (j > i + 1) return segmentsMeet(a, b, c, d);
      return turn(a, b, d) === 0 && (b[0] - a[0]) * (d[0] - c[0]) + (b[1] - a[1]) * (d[1] - c[1]) <= 0;
    }),
  );
}

/**
 * How often the straight way from `from` to `to` goes over `line`: each time from its right to its left counts 1, each
 * time back -1. A way through a corner of the line counts once.
 */
export function passes(line: Polyline, from: Point, to: Point): number {
  let net = 0;
  for (const [a, b] of piecesOf(line)) {
    const toLeft = isLeft(a, b, to);
    if (isLeft(a, b, from) === toLeft || isLeft(from, to, a) === isLeft(from, to, b)) continue;
    net += toLeft ? 1 : -1;
  }
  return net;
}

/** The pieces between neighbouring points. */
export function piecesOf(line: Polyline): (readonly [from: Point, to: Point])[] {
  return line.slice(1).map((to, index) => [line[index] ?? to, to] as const);
}

/** Who looks from `a` to `b` has `point` on the left; y grows downwards. Exactly on the line is its right. */
function isLeft(a: Point, b: Point, point: Point): boolean {
  return turn(a, b, point) < 0;
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

/** True when the pieces from `a` to `b` and from `c` to `d` touch or cross. */
export function segmentsMeet(a: Point, b: Point, c: Point, d: Point): boolean {
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
