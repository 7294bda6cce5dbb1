import type { Box, Point, Polygon } from "../core/geometry.ts";
import type { PictureMarks } from "../core/media.ts";
import type { Detector, Observation } from "../core/observation.ts";
import type { Line, Zone } from "../core/site.ts";

/** What a camera saw that raised an alarm. */
export interface Sight {
  readonly camera: string;
  readonly detector: Detector;
  /** Of the surest of those who raised it, 0 to 1; absent where the detector gives none (`movement`). */
  readonly score?: number | undefined;
  /** `SeenTrack.sureness`, of the surest; absent as the score. */
  readonly sureness?: number | undefined;
  readonly boxes: readonly Box[];
  readonly paths: readonly (readonly Point[])[];
  /** Ids of the zones and lines it was about. */
  readonly places: readonly string[];
}

/** Zones and lines of a camera as they lie now. */
export interface Scene {
  readonly zones: readonly Pick<Zone, "id" | "polygon">[];
  readonly lines?: readonly Pick<Line, "id" | "points">[] | undefined;
}

/** Undefined for what no camera saw. */
export function sightOf(because: Observation): Sight | undefined {
  switch (because.kind) {
    case "presence": {
      const { camera, detector, boxes, tracks, paths = [], zone } = because;
      return {
        camera,
        detector,
        score: surest(tracks?.map(({ score }) => score)),
        sureness: surest(tracks?.map(({ sureness }) => sureness)),
        boxes,
        paths: tracks?.flatMap(({ path }) => (path ? [path] : [])) ?? paths,
        places: [zone],
      };
    }
    case "tracks": {
      const { camera, detector, tracks } = because;
      return {
        camera,
        detector,
        score: surest(tracks.map(({ score }) => score)),
        sureness: surest(tracks.map(({ sureness }) => sureness)),
        boxes: tracks.map(({ box }) => box),
        paths: tracks.flatMap(({ path }) => (path ? [path] : [])),
        places: tracks.flatMap(({ zones }) => zones),
      };
    }
    case "crossing": {
      const { camera, detector, score, sureness, box, path, line } = because;
      return { camera, detector, score, sureness, boxes: [box], paths: path ? [path] : [], places: [line] };
    }
    default:
      return undefined;
  }
}

/** What is drawn over the picture; undefined where there is nobody to mark. */
export function marksOf({ boxes, paths, places }: Sight, scene: Scene | undefined): PictureMarks | undefined {
  if (boxes.length === 0 && paths.length === 0) return undefined;
  const zones = scene?.zones.filter(({ id }) => places.includes(id)) ?? [];
  const lines = scene?.lines?.filter(({ id }) => places.includes(id)) ?? [];
  return {
    boxes,
    paths,
    outlines: [...zones.map(({ polygon }) => closed(polygon)), ...lines.map(({ points }) => points)],
  };
}

function closed(polygon: Polygon): readonly Point[] {
  return [...polygon, ...polygon.slice(0, 1)];
}

function surest(scores: readonly number[] | undefined): number | undefined {
  return scores && scores.length > 0 ? rounded(Math.max(...scores)) : undefined;
}

/** More digits than that no detector means. */
function rounded(score: number): number {
  return Math.round(score * 1000) / 1000;
}
