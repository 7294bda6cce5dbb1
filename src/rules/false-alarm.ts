import type { Box, Point, Polygon } from "../core/geometry.ts";
import type { Lesson, LessonDraft, Spot } from "../core/lesson.ts";
import { LEAST_SURENESS } from "../core/sensitivity.ts";
import type { Rule } from "../core/site.ts";
import { coveredShare, feetOf, fits, goOn, type Sighted, spotOf } from "./lesson-place.ts";

/** So much of a zone may all its lessons cover together: the rest of it is never blind to anything. */
export const MOST_SHARE = 0.25;
/** Lessons of one zone. */
export const MOST_LESSONS = 8;
/** What one alarm may show at once and still be told apart. */
const MOST_SIGHTS = 3;

export type Learnt =
  | { readonly kind: "lesson"; readonly draft: LessonDraft }
  /** What it shows is a lesson already. */
  | { readonly kind: "repeats"; readonly lesson: Lesson }
  /** Code of why nothing can be learnt. */
  | { readonly kind: "nothing"; readonly code: string };

/** A camera with its zones as they are now. */
export interface ZonedCamera {
  readonly id: string;
  readonly zones: readonly { readonly id: string; readonly polygon: Polygon }[];
}

interface Seen {
  readonly camera: string;
  readonly zone: string;
  readonly detector: string;
  readonly sights: readonly Sighted[];
  /** Of the surest; whoever it is not known of counts as sure. */
  readonly sureness: number;
}

/**
 * What a false alarm teaches.
 * @param data of the event that raised it: whatever an earlier version wrote.
 * @param lessons that stand.
 */
export function learnFrom(
  data: Readonly<Record<string, unknown>>,
  rule: Rule | undefined,
  cameras: readonly ZonedCamera[],
  lessons: readonly Lesson[],
): Learnt {
  const seen = seenIn(data);
  if (typeof seen === "string") return nothing(seen);
  if (rule?.alarm?.severity === "emergency") return nothing("lesson.emergency");
  const { camera, zone, detector, sights } = seen;
  const polygon = cameras.find(({ id }) => id === camera)?.zones.find(({ id }) => id === zone)?.polygon;
  if (!polygon) return nothing("lesson.zone_gone");
  const ofZone = lessons.filter((lesson) => lesson.camera === camera && lesson.zone === zone);
  const repeated = ofZone.find(
    (lesson) => lesson.detector === detector && sights.every((sight) => isTaught(lesson.spots, sight)),
  );
  if (repeated) return { kind: "repeats", lesson: repeated };
  const isPerson = detector !== "movement" && seen.sureness >= LEAST_SURENESS.low;
  const spots = sights.flatMap((sight) => spotOf(sight, isPerson, polygon) ?? []);
  if (spots.length < sights.length) return nothing("lesson.zone_small");
  if (isFull(polygon, ofZone, spots)) return nothing("lesson.zone_full");
  return { kind: "lesson", draft: { camera, zone, detector, spots, isPerson } };
}

function isFull(polygon: Polygon, lessons: readonly Lesson[], spots: readonly Spot[]): boolean {
  if (lessons.length >= MOST_LESSONS) return true;
  return coveredShare(polygon, [...lessons.flatMap((lesson) => lesson.spots), ...spots]) > MOST_SHARE;
}

function isTaught(spots: readonly Spot[], sight: Sighted): boolean {
  return spots.some((spot) => fits(spot, goOn(undefined, sight)));
}

function nothing(code: string): Learnt {
  return { kind: "nothing", code };
}

/** What raised the alarm, or the code of why that teaches nothing. */
function seenIn({ because, raisedBy, question }: Readonly<Record<string, unknown>>): Seen | string {
  if (question !== undefined) return "lesson.question";
  if (!isRecord(because)) return "lesson.no_picture";
  const { kind, camera, zone, detector, boxes, tracks } = because;
  if (kind === "crossing") return "lesson.line";
  if (kind !== "presence") return "lesson.no_picture";
  if (typeof camera !== "string" || typeof zone !== "string" || typeof detector !== "string") {
    return "lesson.no_box";
  }
  const ids: readonly unknown[] = Array.isArray(raisedBy) ? raisedBy : [];
  const who = listOf(tracks).filter(({ id }) => ids.length === 0 || ids.includes(id));
  const found = Array.isArray(tracks) ? who.map(({ box }) => box) : Array.isArray(boxes) ? boxes : [];
  if (found.length === 0 || !found.every(isBox)) return "lesson.no_box";
  if (found.length > MOST_SIGHTS) return "lesson.several";
  const sure = who.map(({ sureness }) =>
    typeof sureness === "number" ? sureness : Number.POSITIVE_INFINITY,
  );
  return {
    ...{ camera, zone, detector },
    sights: found.map((box): Sighted => ({ box, feet: feetIn(who, box) })),
    sureness: Math.max(...sure),
  };
}

/** A track's own feet, which are kept inside the picture. */
function feetIn(who: readonly Record<string, unknown>[], box: Box): Point {
  const feet = who.find((one) => one["box"] === box)?.["feet"];
  return isPoint(feet) ? feet : feetOf(box);
}

function listOf(value: unknown): readonly Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function isPoint(value: unknown): value is Point {
  return Array.isArray(value) && value.length === 2 && value.every(Number.isFinite);
}

function isBox(value: unknown): value is Box {
  if (!isRecord(value)) return false;
  const { x, y, width, height } = value;
  return [x, y, width, height].every(Number.isFinite) && Number(width) > 0 && Number(height) > 0;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
