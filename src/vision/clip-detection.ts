import { CLIP_CAMERA, CLIP_ZONE, type ClipDetection } from "../core/clip.ts";
import type { Polygon } from "../core/geometry.ts";
import { MovementDetector } from "./movement-detector.ts";

/** The detection that the worker runs, for one clip with one zone and in step with its pictures. */
export function createClipDetection(
  zone: Polygon,
  format: { readonly width: number; readonly height: number },
): ClipDetection {
  const zones = [{ id: CLIP_ZONE, polygon: zone }];
  const detector = new MovementDetector({ kind: "watch", camera: CLIP_CAMERA, ...format, zones });
  let presences = 0;

  return {
    detector: "movement",
    async look({ pixels, at }) {
      const found = detector.look({ pixels, at });
      const observations = found.map(({ zone, present, boxes }) => {
        return {
          ...({ kind: "presence", camera: CLIP_CAMERA, zone, present, boxes } as const),
          ...({ detector: "movement", at } as const),
        };
      });
      if (found.some(({ present, changed }) => present && changed)) presences++;
      // Movement knows no tracks: one presence of whatever it is counts as one.
      const tracks = found.some(({ present }) => present) ? [`presence-${presences}`] : [];
      return { observations, tracks };
    },
  };
}
