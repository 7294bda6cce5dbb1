import type { Box } from "../../core/geometry.ts";

/** Share of `box` that lies in `other`, 0 to 1. */
export function overlap(box: Box, other: Box): number {
  const width = Math.min(box.x + box.width, other.x + other.width) - Math.max(box.x, other.x);
  const height = Math.min(box.y + box.height, other.y + other.height) - Math.max(box.y, other.y);
  return width <= 0 || height <= 0 ? 0 : (width * height) / (box.width * box.height);
}
