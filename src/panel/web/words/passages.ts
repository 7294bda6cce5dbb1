import type { Point } from "../../../core/geometry.ts";
import { CELL_COLUMNS, CELL_ROWS } from "../../../core/movement-cells.ts";

// Movement as people think of it: one who stands and goes on is one passage, though the timeline has several spans of it.

/** Movement apart by less than this is one passage. */
const PAUSE_MS = 5_000;

/** A stretch of time in milliseconds since the Unix epoch. */
interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Where the one that went furthest began and ended. */
export interface Way {
  readonly from: Point;
  readonly to: Point;
}

export interface Passage extends Stretch {
  /** Where to begin playing. */
  readonly jumpToMs: number;
  /** False where the box's clock was not known to be right. */
  readonly isDated: boolean;
  readonly towards?: "left" | "right" | undefined;
  readonly path?: Way | undefined;
}

/** Adds passages to those before, oldest first; what goes on where the last one ended lengthens it. */
export function joinPassages(before: readonly Passage[], found: readonly Passage[]): Passage[] {
  const joined = [...before];
  for (const next of found) {
    const last = joined.at(-1);
    if (!last || next.fromMs - last.toMs > PAUSE_MS || next.isDated !== last.isDated) {
      joined.push(next);
      continue;
    }
    const towards = next.towards ?? last.towards;
    const path =
      last.path && next.path ? { from: last.path.from, to: next.path.to } : (next.path ?? last.path);
    joined[joined.length - 1] = { ...last, toMs: Math.max(last.toMs, next.toMs), towards, path };
  }
  return joined;
}

/** In cells of the picture: less is no way. */
const LEAST_WAY = 1.5;
/** Clockwise from the right of the picture, an eighth of a turn each; what comes nearer goes down in it. */
const WAYS = ["right", "nearRight", "near", "nearLeft", "left", "farLeft", "far", "farRight"] as const;

/** Which way somebody went in the picture: to its side, towards the camera or away from it; undefined where nobody could tell. */
export function wayOf({ from, to }: Way): (typeof WAYS)[number] | undefined {
  // Cells are as high as they are wide.
  const across = (to[0] - from[0]) * CELL_COLUMNS;
  const down = (to[1] - from[1]) * CELL_ROWS;
  if (Math.hypot(across, down) < LEAST_WAY) return undefined;
  const eighths = Math.round(Math.atan2(down, across) / (Math.PI / 4));
  return WAYS[(eighths + WAYS.length) % WAYS.length];
}
