import type { Point } from "../core/geometry.ts";
import { LONGEST_PATH } from "../core/observation.ts";

/** What is older says nothing of how it came here. */
const KEPT_MS = 8000;
/** So that the longest path reaches as far back as points are kept. */
const STEP_MS = KEPT_MS / (LONGEST_PATH - 2);
/** Nearer to the last point, in fractions of the picture, it stands. */
const STEP = 0.004;

/** Where the feet of one mover were in its last seconds. */
export class Trail {
  #points: { readonly at: Point; readonly ms: number }[] = [];
  #newest: Point = [0, 0];

  add(feet: Point, atMs: number): void {
    this.#newest = feet;
    this.#points = this.#points.filter(({ ms }) => atMs - ms < KEPT_MS);
    const last = this.#points.at(-1);
    if (last && (atMs - last.ms < STEP_MS || isNear(last.at, feet))) return;
    this.#points.push({ at: feet, ms: atMs });
  }

  /** Oldest first, the newest last; to a ten-thousandth of the picture, because each alarm carries it. */
  get points(): readonly Point[] {
    const kept = this.#points.map(({ at }) => at);
    const path = kept.at(-1) === this.#newest ? kept : [...kept, this.#newest];
    return path.map(([x, y]): Point => [rounded(x), rounded(y)]);
  }
}

function isNear([ax, ay]: Point, [bx, by]: Point): boolean {
  return Math.abs(ax - bx) < STEP && Math.abs(ay - by) < STEP;
}

function rounded(at: number): number {
  return Math.round(at * 10_000) / 10_000;
}
