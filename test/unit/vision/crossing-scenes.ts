import type { Box, Polyline } from "../../../src/core/geometry.ts";
import { LineWatch } from "../../../src/vision/line-watch.ts";
import { ShapeTracks } from "../../../src/vision/shape-tracks.ts";

export const LOOK_MS = 200;

/** A figure by its feet, in fractions of the picture. */
export function figure(x: number, y: number, height = 0.3, width = height / 4): Box {
  return { x: x - width / 2, y: y - height, width, height };
}

/** A straight road across the middle of the picture, walked from left to right along the line. */
export const ACROSS: Polyline = [
  [0, 0.6],
  [1, 0.6],
];

/** Shows a line one look after another; gives the directions of what went over it. */
export function crossingsOf(
  scene: readonly (readonly Box[])[],
  { line = ACROSS, lookMs = LOOK_MS }: { line?: Polyline; lookMs?: number } = {},
): string[] {
  const tracks = new ShapeTracks();
  const watch = new LineWatch({ id: "road", name: "村口", points: line, inside: "left" });
  return scene.flatMap((boxes, index) => {
    const seen = tracks.look(
      boxes.map((box) => ({ box })),
      index * lookMs,
    );
    return watch.look(seen, index * lookMs).map(({ direction }) => direction);
  });
}

/** `count` looks at one who goes evenly from one place to another. */
export function walk(
  from: readonly [number, number],
  to: readonly [number, number],
  count: number,
  height = 0.3,
  width = height / 4,
): Box[] {
  return Array.from({ length: count }, (_, index) => {
    const share = count === 1 ? 0 : index / (count - 1);
    return figure(from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share, height, width);
  });
}

/** What a camera sees of several: those that overlap are one shape. */
export function together(...walks: readonly (readonly Box[])[]): Box[][] {
  const length = Math.max(...walks.map((boxes) => boxes.length));
  return Array.from({ length }, (_, index) => {
    const boxes = walks.flatMap((one) => one[index] ?? []);
    const [a, b] = boxes;
    if (boxes.length !== 2 || !a || !b) return boxes;
    const apart = a.x > b.x + b.width || b.x > a.x + a.width || a.y > b.y + b.height || b.y > a.y + a.height;
    if (apart) return boxes;
    const x = Math.min(a.x, b.x);
    const y = Math.min(a.y, b.y);
    const right = Math.max(a.x + a.width, b.x + b.width);
    const bottom = Math.max(a.y + a.height, b.y + b.height);
    return [{ x, y, width: right - x, height: bottom - y }];
  });
}
