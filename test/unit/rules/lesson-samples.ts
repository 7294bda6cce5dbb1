import type { Box, Point } from "../../../src/core/geometry.ts";
import type { Lesson, LessonDraft } from "../../../src/core/lesson.ts";
import type { Observation, SeenTrack } from "../../../src/core/observation.ts";
import { learnFrom } from "../../../src/rules/false-alarm.ts";
import { moment, personRule } from "./rule-samples.ts";

export const BANK: readonly Point[] = [
  [0.1, 0.4],
  [0.9, 0.4],
  [0.9, 1],
  [0.1, 1],
];

export const CAMERAS = [
  { id: "pond-east", name: "东塘", zones: [{ id: "bank", name: "塘埂", polygon: BANK }] },
];

/** A box of 0.04 by 0.06 (or `size` times that) that stands at `feet`. */
export function boxAt([x, y]: Point, size = 1): Box {
  const [width, height] = [0.04 * size, 0.06 * size];
  return { x: x - width / 2, y: y - height, width, height };
}

export function trackAt(
  id: number,
  feet: Point,
  change: Partial<SeenTrack> & { size?: number } = {},
): SeenTrack {
  const { size = 1, ...rest } = change;
  return { id, feet, box: boxAt(feet, size), score: 0.5, sureness: 1, moved: true, zones: ["bank"], ...rest };
}

export function presence(seconds: number, tracks: readonly SeenTrack[], detector = "people"): Observation {
  return {
    kind: "presence",
    camera: "pond-east",
    zone: "bank",
    present: tracks.length > 0,
    boxes: tracks.map(({ box }) => box),
    tracks,
    detector,
    at: moment(seconds),
  };
}

export function everybody(seconds: number, tracks: readonly SeenTrack[]): Observation {
  return { kind: "tracks", camera: "pond-east", tracks, detector: "people", at: moment(seconds) };
}

export function moving(seconds: number, boxes: readonly Box[], present = true): Observation {
  const common = { camera: "pond-east", zone: "bank", detector: "movement", at: moment(seconds) } as const;
  return { kind: "presence", present, boxes, ...common };
}

/** Data of the event of an alarm that these raised. */
export function raised(tracks: readonly SeenTrack[], more: object = {}): Readonly<Record<string, unknown>> {
  const { at: _at, ...because } = presence(0, tracks);
  return { rule: "pond-bank", severity: "warning", because, raisedBy: tracks.map(({ id }) => id), ...more };
}

export function raisedByMovement(boxes: readonly Box[]): Readonly<Record<string, unknown>> {
  const { at: _at, ...because } = moving(0, boxes);
  return { rule: "pond-bank", severity: "warning", because };
}

export function draftFrom(
  data: Readonly<Record<string, unknown>>,
  lessons: readonly Lesson[] = [],
): LessonDraft {
  const learnt = learnFrom(data, personRule, CAMERAS, lessons);
  if (learnt.kind !== "lesson") throw new Error(`nothing learnt: ${JSON.stringify(learnt)}`);
  return learnt.draft;
}

export function lessonFrom(data: Readonly<Record<string, unknown>>, id = "lesson"): Lesson {
  const by = { kind: "person", name: "王干部" } as const;
  return {
    ...draftFrom(data),
    id,
    taught: [{ alarm: "alarm", by, atMs: moment(0).wallMs, clock: "synced" }],
  };
}
