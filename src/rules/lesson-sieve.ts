import type { Lesson } from "../core/lesson.ts";
import type { Observation, PresenceObservation, SeenTrack } from "../core/observation.ts";
import type { Rule } from "../core/site.ts";
import { type Course, feetOf, fits, goOn, type Sighted } from "./lesson-place.ts";

/** Who was not seen for so long is forgotten. */
const FORGET_MS = 60_000;
/** Who appears near where somebody was lost so shortly before may be the same, and has been where that one was. */
const LOST_MS = 10_000;
/** Of movement without a look for so long nothing is known any more. */
const EPISODE_MS = 5000;

/** Something that a lesson keeps from the rules. */
export interface Ignored {
  readonly lesson: string;
  readonly camera: string;
  readonly zone: string;
  /** The same for as long as it is the same thing. */
  readonly stay: string;
}

export interface Sifted {
  /** What the rules are told; the same object where nothing was ignored. */
  readonly observation: Observation;
  readonly ignored: readonly Ignored[];
}

interface Followed {
  readonly course: Course;
  readonly stay: string;
  readonly lastMs: number;
}

/** What moves in a zone where the detector follows nobody, from when the zone was empty to when it is again. */
interface Episode {
  things: Followed[];
  /** Something was where no lesson is, or may have gone from one lesson's place to another's. */
  isFree: boolean;
  lastMs: number;
}

/**
 * Whether a lesson of a zone may keep something from this rule. Emergencies, questions, lines, and where a passage begins
 * are told of everybody.
 */
export function heeds({ when, alarm }: Rule, { camera, zone }: Pick<PresenceObservation, "camera" | "zone">) {
  if (alarm?.severity === "emergency") return false;
  if (when.kind === "person" || when.kind === "group") return when.camera === camera && when.zone === zone;
  return when.kind === "passage" && when.camera === camera && when.to === zone;
}

/**
 * Takes out of what vision tells whatever a lesson ignores: that which has looked like what was taught, at the place
 * that was taught, for as long as it is followed. Who was ever seen elsewhere is nobody that a lesson ignores.
 */
export class LessonSieve {
  readonly #tracks = new Map<string, Map<number, Followed>>();
  readonly #episodes = new Map<string, Episode>();
  #stays = 0;

  /** @param lessons that hold now. */
  sift(observation: Observation, lessons: readonly Lesson[]): Sifted {
    if (observation.kind === "tracks")
      this.#follow(observation.camera, observation.tracks, observation.at.monotonicMs);
    if (observation.kind !== "presence") return { observation, ignored: [] };
    const { camera, zone, detector, tracks, at } = observation;
    const here = lessons.filter(
      (lesson) => lesson.camera === camera && lesson.zone === zone && lesson.detector === detector,
    );
    if (!tracks) return this.#siftMovement(observation, here);
    const followed = this.#follow(camera, tracks, at.monotonicMs);
    const ignored = new Map<SeenTrack, Ignored>();
    for (const track of tracks) {
      const one = followed.get(track.id);
      const lesson = one && here.find(({ spots }) => spots.some((spot) => fits(spot, one.course)));
      if (!lesson) continue;
      ignored.set(track, { lesson: lesson.id, camera, zone, stay: one.stay });
    }
    if (ignored.size === 0) return { observation, ignored: [] };
    const kept = tracks.filter((track) => !ignored.has(track));
    return {
      observation: { ...observation, tracks: kept, boxes: kept.map(({ box }) => box) },
      ignored: [...ignored.values()],
    };
  }

  #follow(camera: string, tracks: readonly SeenTrack[], nowMs: number): ReadonlyMap<number, Followed> {
    const known = this.#tracks.get(camera) ?? new Map<number, Followed>();
    this.#tracks.set(camera, known);
    for (const [id, { lastMs }] of known) if (nowMs - lastMs > FORGET_MS) known.delete(id);
    for (const track of tracks) {
      const before = known.get(track.id);
      // Of one picture several observations tell.
      if (before?.lastMs === nowMs) continue;
      const earlier = before ?? lostNear(known, track, nowMs);
      known.set(track.id, this.#next(earlier, track, nowMs));
    }
    return known;
  }

  #next(earlier: Followed | undefined, sight: Sighted, nowMs: number): Followed {
    return {
      course: goOn(earlier?.course, sight),
      stay: earlier?.stay ?? `${++this.#stays}`,
      lastMs: nowMs,
    };
  }

  #siftMovement(observation: PresenceObservation, lessons: readonly Lesson[]): Sifted {
    const { camera, zone, present, boxes, at } = observation;
    const key = JSON.stringify([camera, zone]);
    const nowMs = at.monotonicMs;
    const before = this.#episodes.get(key);
    if (!present) this.#episodes.delete(key);
    if (!present) return { observation, ignored: [] };
    const isNew = !before || nowMs - before.lastMs > EPISODE_MS;
    const episode: Episode = isNew ? { things: [], isFree: false, lastMs: nowMs } : before;
    episode.lastMs = nowMs;
    this.#episodes.set(key, episode);
    if (!episode.isFree)
      this.#goOn(
        episode,
        boxes.map((box) => ({ box, feet: feetOf(box) })),
        lessons,
        nowMs,
      );
    if (episode.isFree || episode.things.length === 0) return { observation, ignored: [] };
    const ignored = episode.things.flatMap(({ course, stay }): Ignored[] => {
      const lesson = lessonFor(course, lessons);
      return lesson ? [{ lesson: lesson.id, camera, zone, stay }] : [];
    });
    if (ignored.length < episode.things.length) {
      // A lesson ended meanwhile.
      episode.isFree = true;
      return { observation, ignored: [] };
    }
    return { observation: { ...observation, present: false, boxes: [] }, ignored };
  }

  /** Each box goes on from the nearest thing that it can be; one that can be none is new only if none is missing. */
  #goOn(episode: Episode, sights: readonly Sighted[], lessons: readonly Lesson[], nowMs: number): void {
    const waiting = new Set(episode.things);
    const next: Followed[] = [];
    const unknown: Sighted[] = [];
    for (const sight of sights) {
      const [thing] = [...waiting]
        .filter(({ course }) => lessonFor(goOn(course, sight), lessons))
        .sort((a, b) => apart(a, sight) - apart(b, sight));
      if (!thing) {
        unknown.push(sight);
        continue;
      }
      waiting.delete(thing);
      next.push(this.#next(thing, sight, nowMs));
    }
    const isNew = (sight: Sighted): boolean =>
      waiting.size === 0 && lessonFor(goOn(undefined, sight), lessons) !== undefined;
    if (!unknown.every(isNew)) episode.isFree = true;
    episode.things = [...next, ...waiting, ...unknown.map((sight) => this.#next(undefined, sight, nowMs))];
  }
}

function lessonFor(course: Course, lessons: readonly Lesson[]): Lesson | undefined {
  return lessons.find(({ spots }) => spots.some((spot) => fits(spot, course)));
}

function apart({ course: { last } }: Followed, { feet: [x, y] }: Sighted): number {
  return Math.hypot(last[0] - x, last[1] - y);
}

function lostNear(
  known: ReadonlyMap<number, Followed>,
  { feet: [x, y], box }: Sighted,
  nowMs: number,
): Followed | undefined {
  return [...known.values()].find(({ lastMs, course: { last } }) => {
    const [lastX, lastY, width, height] = last;
    const isLost = lastMs < nowMs && nowMs - lastMs <= LOST_MS;
    return (
      isLost &&
      Math.abs(lastX - x) <= 2 * Math.max(width, box.width) &&
      Math.abs(lastY - y) <= Math.max(height, box.height)
    );
  });
}
