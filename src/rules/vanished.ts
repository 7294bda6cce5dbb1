import type { Question } from "../core/alarm.ts";
import type { Box } from "../core/geometry.ts";
import type { Observation, SeenTrack, TracksObservation } from "../core/observation.ts";
import type { Condition } from "../core/site.ts";

export type VanishedCondition = Extract<Condition, { kind: "vanished" }>;

/**
 * Who is lying is so much flatter than it was standing. A share of its own height by width, so that the shape of the
 * picture's points does not matter; who crouches or sits on the bank to fish has about half.
 */
const LYING_SHARE = 0.35;
/** Whose box comes this near to the picture's edge may have gone out of it. In fractions of the picture. */
const EDGE = 0.02;

/** What a rule remembers of one who stands in its zone. Times are monotonic milliseconds. */
export interface Watched {
  readonly id: number;
  /** Since when it is in the zone. */
  readonly sinceMs: number;
  readonly lastMs: number;
  /** It was in the zone for long enough to be missed. */
  readonly stood: boolean;
  readonly counts: boolean;
  /** A later look did not show it. Without one, the camera may only be blind. */
  readonly isMissing: boolean;
  /** The greatest height by width that it had. */
  readonly tallest: number;
  readonly lyingSinceMs: number | null;
  /** It was asked about already. */
  readonly asked: boolean;
  /** The look that showed it last, with it alone. */
  readonly because: TracksObservation;
}

export interface WatchedStep {
  readonly watched: readonly Watched[];
  readonly asks?: { readonly question: Question; readonly because: Observation } | undefined;
}

/**
 * Watches who stands in the zone. Gone means: missing in the looks for `goneSeconds`, last seen inside the zone and not
 * at the picture's edge, and nobody appeared where it was. Only looks that follow people can tell.
 */
export function watch(
  condition: VanishedCondition,
  before: readonly Watched[],
  observation: Observation | undefined,
  nowMs: number,
  leastSureness: number,
): WatchedStep {
  let watched = before;
  if (observation && "camera" in observation && observation.camera === condition.camera) {
    // From pictures that do not come nothing follows.
    if (observation.kind === "camera" && observation.state !== "running") watched = [];
    if (observation.kind === "tracks") watched = see(condition, watched, observation, nowMs, leastSureness);
  }
  const gone = watched.find((one) => one.isMissing && nowMs >= goneMs(condition, one));
  const lying = watched.find(
    ({ lyingSinceMs, asked }) =>
      !asked && lyingSinceMs !== null && nowMs - lyingSinceMs >= condition.lyingSeconds * 1000,
  );
  const asks = gone
    ? { question: "gone" as const, because: gone.because }
    : lying && { question: "lying" as const, because: lying.because };
  return {
    watched: watched
      .filter((one) => one !== gone)
      .map((one) => (one === lying && !gone ? { ...one, asked: true } : one)),
    ...(asks && { asks }),
  };
}

/** When somebody will have been missing for long enough; null while nobody is. */
export function nextGoneMs(condition: VanishedCondition, watched: readonly Watched[]): number | null {
  const times = watched.filter(({ isMissing }) => isMissing).map((one) => goneMs(condition, one));
  return times.length > 0 ? Math.min(...times) : null;
}

function goneMs({ goneSeconds }: VanishedCondition, { lastMs }: Watched): number {
  return lastMs + goneSeconds * 1000;
}

function see(
  condition: VanishedCondition,
  before: readonly Watched[],
  observation: TracksObservation,
  nowMs: number,
  leastSureness: number,
): readonly Watched[] {
  const ids = new Set(observation.tracks.map(({ id }) => id));
  const missing = before.filter(({ id, stood, because }) => !ids.has(id) && stood && !isAtEdge(because));
  const replaced = new Set<Watched>();
  const standing = observation.tracks.flatMap((track): Watched[] => {
    const known = before.find(({ id }) => id === track.id);
    const lost = known ? undefined : missing.find((one) => !replaced.has(one) && isNear(one, track));
    if (lost) replaced.add(lost);
    const earlier = known ?? lost;
    // Seen somewhere else: it left on its feet, whatever becomes of it there.
    if (!track.zones.includes(condition.zone)) return [];
    return [standOf(condition, earlier, track, observation, nowMs, leastSureness)];
  });
  return [
    ...standing,
    ...missing.filter((one) => !replaced.has(one)).map((one) => ({ ...one, isMissing: true })),
  ];
}

function standOf(
  { stoodSeconds }: VanishedCondition,
  earlier: Watched | undefined,
  track: SeenTrack,
  observation: TracksObservation,
  nowMs: number,
  leastSureness: number,
): Watched {
  const { id, box, sureness, moved } = track;
  const sinceMs = earlier?.sinceMs ?? nowMs;
  const counts = earlier?.counts || (moved && sureness >= leastSureness);
  const stood = counts && nowMs - sinceMs >= stoodSeconds * 1000;
  const shape = box.height / Math.max(box.width, 1e-6);
  const tallest = Math.max(earlier?.tallest ?? 0, shape);
  return {
    id,
    sinceMs,
    lastMs: nowMs,
    stood,
    counts,
    isMissing: false,
    tallest,
    lyingSinceMs: stood && shape <= tallest * LYING_SHARE ? (earlier?.lyingSinceMs ?? nowMs) : null,
    asked: earlier?.asked ?? false,
    because: { ...observation, tracks: [track] },
  };
}

/** Within a body's height of where it was: the same, whom the detector lost for a moment. */
function isNear({ because }: Watched, { feet: [x, y] }: SeenTrack): boolean {
  const [last] = because.tracks;
  if (!last) return false;
  const [lastX, lastY] = last.feet;
  return Math.hypot(x - lastX, y - lastY) <= last.box.height;
}

function isAtEdge({ tracks: [track] }: TracksObservation): boolean {
  return track !== undefined && touchesEdge(track.box);
}

function touchesEdge({ x, y, width, height }: Box): boolean {
  return x <= EDGE || y <= EDGE || x + width >= 1 - EDGE || y + height >= 1 - EDGE;
}
