import type { Point } from "../../../src/core/geometry.ts";
import type { Ground, Spot } from "./ground.ts";
import { type Pose, STRIDE_METRES } from "./skeleton.ts";

/** One piece of a walk: to a point of the picture at a pace, or a stay with a direction to look. */
export type Leg =
  | { readonly to: Point; readonly metresPerSecond: number }
  | { readonly stayMs: number; readonly heading: number; readonly lean?: number };

export interface Step {
  readonly spot: Spot;
  readonly pose: Pose;
}

/** A timed way over the ground; `at` is pure. */
export interface Walk {
  readonly durationMs: number;
  /** Undefined before 0 and after the end. */
  at(elapsedMs: number): Step | undefined;
}

interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly from: Spot;
  readonly to: Spot;
  readonly heading: number;
  readonly lean: number;
  readonly moves: boolean;
  /** Metres walked before this piece: keeps the gait in step over corners. */
  readonly walkedMetres: number;
}

const TURN_MS = 450;
const START_STOP_MS = 350;

/** @param start in fractions of the picture, as are the ends of the legs; they may lie outside it. */
export function planWalk(ground: Ground, start: Point, legs: readonly Leg[]): Walk {
  const spans = lay(ground, start, legs);
  const durationMs = spans.at(-1)?.toMs ?? 0;
  return {
    durationMs,
    at(elapsedMs) {
      if (elapsedMs < 0) return undefined;
      const index = spans.findIndex(({ toMs }) => elapsedMs < toMs);
      const span = spans[index];
      if (!span) return undefined;
      const part = (elapsedMs - span.fromMs) / (span.toMs - span.fromMs);
      const spot = {
        x: span.from.x + (span.to.x - span.from.x) * part,
        z: span.from.z + (span.to.z - span.from.z) * part,
      };
      return { spot, pose: poseIn(spans, index, span, elapsedMs, part) };
    },
  };
}

function lay(ground: Ground, start: Point, legs: readonly Leg[]): Span[] {
  const spans: Span[] = [];
  let here = ground.spotAt(start);
  let nowMs = 0;
  let walkedMetres = 0;
  for (const leg of legs) {
    const base = { fromMs: nowMs, from: here, walkedMetres };
    if ("to" in leg) {
      const to = ground.spotAt(leg.to);
      const metres = Math.hypot(to.x - here.x, to.z - here.z);
      nowMs += (metres / leg.metresPerSecond) * 1000;
      const heading = Math.atan2(to.z - here.z, to.x - here.x);
      spans.push({ ...base, toMs: nowMs, to, heading, lean: 0.05, moves: true });
      here = to;
      walkedMetres += metres;
    } else {
      nowMs += leg.stayMs;
      const { heading, lean = 0 } = leg;
      spans.push({ ...base, toMs: nowMs, to: here, heading, lean, moves: false });
    }
  }
  return spans;
}

function poseIn(spans: readonly Span[], index: number, span: Span, elapsedMs: number, part: number): Pose {
  const before = spans[index - 1];
  const after = spans[index + 1];
  const inMs = elapsedMs - span.fromMs;
  const turned = before ? Math.min(1, inMs / TURN_MS) : 1;
  const eased = turned * turned * (3 - 2 * turned);
  const heading = before ? before.heading + shortestTurn(before.heading, span.heading) * eased : span.heading;
  const lean = before ? before.lean + (span.lean - before.lean) * eased : span.lean;
  if (!span.moves) return { heading, lean: lean + 0.015 * Math.sin(elapsedMs / 900), phase: 0, stride: 0 };
  const metres = span.walkedMetres + part * Math.hypot(span.to.x - span.from.x, span.to.z - span.from.z);
  const starting = before && !before.moves ? Math.min(1, inMs / START_STOP_MS) : 1;
  const stopping = after && !after.moves ? Math.min(1, (span.toMs - elapsedMs) / START_STOP_MS) : 1;
  return {
    heading,
    lean,
    phase: (metres / STRIDE_METRES) * 2 * Math.PI,
    stride: Math.min(starting, stopping),
  };
}

function shortestTurn(from: number, to: number): number {
  const turn = (to - from) % (2 * Math.PI);
  if (turn > Math.PI) return turn - 2 * Math.PI;
  return turn < -Math.PI ? turn + 2 * Math.PI : turn;
}
