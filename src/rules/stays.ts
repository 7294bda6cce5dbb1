import type {
  CrossingObservation,
  Observation,
  PresenceObservation,
  SeenTrack,
} from "../core/observation.ts";
import type { Rule } from "../core/site.ts";
import type { StayCondition } from "./condition.ts";

/** Who is out of the zone for less, while others are seen in it, was not out. */
const STEP_ASIDE_MS = 2000;

/** Stands for whoever is there where the detector follows nobody. */
export const SOMEBODY = -1;

/** What a rule remembers of one track in its zone. Times are monotonic milliseconds. */
export interface Stay {
  /** `SeenTrack.id`, or `SOMEBODY`. */
  readonly id: number;
  /** Since when it is here without a break. */
  readonly sinceMs: number;
  readonly lastMs: number;
  readonly isHere: boolean;
  /** Here, but not in the newest look. */
  readonly isAside: boolean;
  /** It moved, and one of its looks was sure enough. */
  readonly counts: boolean;
  /** A person has seen to it: it raises nothing more until it was gone once. */
  readonly isSeen: boolean;
  /** It was spoken to without another alarm, and has not gone since. */
  readonly isSpokenTo?: boolean | undefined;
  /** When it raised an alarm last, and which. */
  readonly raised?: { readonly atMs: number; readonly alarm: string } | undefined;
  /** When it was last in the zone from which a passage begins. */
  readonly startedMs?: number | undefined;
}

export interface StayLimits {
  /** See `SeenTrack.sureness`. */
  readonly leastSureness: number;
  /** So long an alarm of a track is remembered. */
  readonly trackCooldownMs: number;
}

/** Who is where after an observation; undefined when it says nothing of this condition. */
export function follow(
  condition: StayCondition,
  stays: readonly Stay[],
  observation: Observation,
  nowMs: number,
  limits: StayLimits,
): readonly Stay[] | undefined {
  if (observation.kind !== "presence" || observation.camera !== condition.camera) return undefined;
  if (condition.kind === "passage") {
    if (observation.zone === condition.from) return started(stays, observation, nowMs);
    const oldestMs = nowMs - condition.withinSeconds * 1000;
    const isComing = ({ id }: { readonly id: number }): boolean =>
      stays.some((stay) => stay.id === id && (stay.isHere || (stay.startedMs ?? -1) >= oldestMs));
    if (observation.zone !== condition.to) return undefined;
    return settle(stays, observation, nowMs, limits, isComing);
  }
  if (observation.zone !== condition.zone) return undefined;
  // Movement cannot tell one from three.
  if (condition.kind === "group" && !observation.tracks && observation.present) return undefined;
  return settle(stays, observation, nowMs, limits, () => true);
}

export function hereOf(stays: readonly Stay[]): readonly Stay[] {
  return stays.filter(({ isHere, counts }) => isHere && counts);
}

/** Nobody was seen for too long. */
export function left(stays: readonly Stay[]): readonly Stay[] {
  return stays.map((stay) => ({ ...stay, isHere: false }));
}

/** A person has seen to those who are here. */
export function seenTo(stays: readonly Stay[]): readonly Stay[] {
  return stays.map((stay) => (stay.isHere ? { ...stay, isSeen: true } : stay));
}

/** Whether it crossed the line and raised an alarm a short while ago. */
export function isBackSoon(
  rule: Pick<Rule, "trackCooldownSeconds">,
  stays: readonly Stay[],
  observation: Observation,
  nowMs: number,
): boolean {
  if (observation.kind !== "crossing") return false;
  const raised = stays.find(({ id }) => id === observation.track)?.raised;
  return raised !== undefined && nowMs - raised.atMs < (rule.trackCooldownSeconds ?? 0) * 1000;
}

/** Remembers who crossed a line and raised an alarm. */
export function crossed(
  rule: Pick<Rule, "trackCooldownSeconds">,
  stays: readonly Stay[],
  { track }: CrossingObservation,
  raised: NonNullable<Stay["raised"]>,
): readonly Stay[] {
  const trackCooldownMs = (rule.trackCooldownSeconds ?? 0) * 1000;
  const others = stays.filter(
    (stay) => stay.id !== track && isRemembered(stay, raised.atMs, trackCooldownMs),
  );
  if (track === undefined) return others;
  const stay = {
    id: track,
    sinceMs: raised.atMs,
    lastMs: raised.atMs,
    isHere: false,
    isAside: false,
    counts: true,
    raised,
  };
  return [...others, { ...stay, isSeen: false }];
}

function started(
  stays: readonly Stay[],
  { tracks = [] }: PresenceObservation,
  nowMs: number,
): readonly Stay[] {
  const known = new Set(stays.map(({ id }) => id));
  const begun = new Set(tracks.map(({ id }) => id));
  return [
    ...stays.map((stay) => (begun.has(stay.id) ? { ...stay, startedMs: nowMs } : stay)),
    ...tracks
      .filter(({ id }) => !known.has(id))
      .map(
        ({ id }): Stay => ({
          id,
          sinceMs: nowMs,
          lastMs: nowMs,
          isHere: false,
          isAside: false,
          counts: false,
          isSeen: false,
          startedMs: nowMs,
        }),
      ),
  ];
}

function settle(
  stays: readonly Stay[],
  { present, tracks }: PresenceObservation,
  nowMs: number,
  { leastSureness, trackCooldownMs }: StayLimits,
  isMeant: (track: { readonly id: number }) => boolean,
): readonly Stay[] {
  const known = new Map(stays.map((stay) => [stay.id, stay]));
  const here = present ? (tracks ?? [SOMEBODY_THERE]).filter(isMeant) : [];
  const now = new Set(here.map(({ id }) => id));
  const others = stays
    .filter(({ id }) => !now.has(id))
    .map((stay) => {
      const isHere = present && stay.isHere && nowMs - stay.lastMs <= STEP_ASIDE_MS;
      return { ...stay, isHere, isAside: isHere };
    })
    .filter((stay) => stay.isHere || isRemembered(stay, nowMs, trackCooldownMs));
  const standing = here.map(({ id, sureness, moved }): Stay => {
    const before = known.get(id);
    const stayed = before?.isHere ? before : undefined;
    return {
      id,
      sinceMs: stayed?.sinceMs ?? nowMs,
      lastMs: nowMs,
      isHere: true,
      isAside: false,
      counts: before?.counts || (moved && sureness >= leastSureness),
      isSeen: stayed?.isSeen ?? false,
      isSpokenTo: stayed?.isSpokenTo,
      raised: before?.raised,
      startedMs: before?.startedMs,
    };
  });
  return [...others, ...standing];
}

const SOMEBODY_THERE: Pick<SeenTrack, "id" | "sureness" | "moved"> = {
  id: SOMEBODY,
  sureness: Number.POSITIVE_INFINITY,
  moved: true,
};

/** Those of whom nothing is to be known any more are forgotten, so that a busy lane fills no memory. */
function isRemembered({ raised, startedMs, lastMs }: Stay, nowMs: number, trackCooldownMs: number): boolean {
  if (raised && nowMs - raised.atMs < trackCooldownMs) return true;
  return startedMs !== undefined && nowMs - Math.max(startedMs, lastMs) < LONGEST_PASSAGE_MS;
}

/** `withinSeconds` of a passage is at most this. */
export const LONGEST_PASSAGE_MS = 600_000;
