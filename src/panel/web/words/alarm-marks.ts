import type { LedgerEvent } from "../../../core/event.ts";
import type { Box, Point } from "../../../core/geometry.ts";

/** Who is in the picture of an alarm, and which way they came: in fractions of the picture, oldest point first. */
export interface AlarmMarks {
  readonly boxes: readonly Box[];
  readonly paths: readonly (readonly Point[])[];
  /** ISO time of the clip's first picture. */
  readonly clipFrom?: string | undefined;
}

/** What the events of an alarm's evidence say that can be drawn over its clip; undefined where that is nothing. */
export function marksIn(events: readonly LedgerEvent[], alarm: string): AlarmMarks | undefined {
  const added = events.filter(
    ({ type, subject }) => type === "org.cunshao.evidence.added" && subject === alarm,
  );
  const snapshot = added.find(({ data }) => data["kind"] === "snapshot")?.data ?? {};
  const clip = added.find(({ data }) => data["kind"] === "clip")?.data ?? {};
  // A rule may have another camera film than the one that saw it.
  if (clip["camera"] !== undefined && clip["camera"] !== snapshot["camera"]) return undefined;
  const boxes = listOf(snapshot["boxes"]).filter(isBox);
  const paths = listOf(snapshot["paths"])
    .map((path) => listOf(path).filter(isPoint))
    .filter((path) => path.length > 1);
  if (boxes.length + paths.length === 0) return undefined;
  const { from } = clip;
  return { boxes, paths, ...(typeof from === "string" && { clipFrom: from }) };
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isFraction(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= 1;
}

function isPoint(value: unknown): value is Point {
  return Array.isArray(value) && value.length === 2 && value.every(isFraction);
}

function isBox(value: unknown): value is Box {
  if (typeof value !== "object" || value === null) return false;
  const { x, y, width, height } = value as Record<string, unknown>;
  return [x, y, width, height].every(isFraction);
}
