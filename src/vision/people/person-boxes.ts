import type { PersonBox } from "./person-model.ts";

/** A box as a model gives it, in pixels of its picture; it may reach over the edge. */
export interface Candidate {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly score: number;
}

/** Boxes that share more of their area (intersection over union) are taken for one person's. */
const SAME_PERSON = 0.5;
/** A model gives thousands only where its numbers are wrong; comparing each with each would take minutes. */
const MAX_CANDIDATES = 500;

/**
 * The surest box of each person, in fractions of a picture of `width` by `height` pixels, the surest first.
 * What is no box (not a number, nothing inside the picture) is left out.
 */
export function personBoxes(candidates: readonly Candidate[], width: number, height: number): PersonBox[] {
  const ordered = candidates
    .map((candidate) => clip(candidate, width, height))
    .filter(({ left, top, right, bottom, score }) => right > left && bottom > top && score > 0)
    .sort((a, b) => b.score - a.score)
    .slice(0, MAX_CANDIDATES);
  const kept: Candidate[] = [];
  for (const candidate of ordered) {
    if (kept.every((other) => overlap(candidate, other) <= SAME_PERSON)) kept.push(candidate);
  }
  return kept.map(({ left, top, right, bottom, score }) => ({
    box: {
      x: left / width,
      y: top / height,
      width: (right - left) / width,
      height: (bottom - top) / height,
    },
    score: Math.min(1, score),
  }));
}

function clip({ left, top, right, bottom, score }: Candidate, width: number, height: number): Candidate {
  return {
    left: Math.max(0, left),
    top: Math.max(0, top),
    right: Math.min(width, right),
    bottom: Math.min(height, bottom),
    score,
  };
}

/** Intersection over union, 0 to 1. */
function overlap(a: Candidate, b: Candidate): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const shared = width * height;
  return shared / (areaOf(a) + areaOf(b) - shared);
}

function areaOf({ left, top, right, bottom }: Candidate): number {
  return (right - left) * (bottom - top);
}
