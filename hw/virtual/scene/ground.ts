import type { Point } from "../../../src/core/geometry.ts";

export const SCENE_WIDTH = 640;
export const SCENE_HEIGHT = 360;

/** A point on flat ground in metres: x to the right of the camera, z away from it. */
export interface Spot {
  readonly x: number;
  readonly z: number;
}

/** Where a spot appears: pixels, and how many of them a metre takes there. */
export interface Seen {
  readonly x: number;
  readonly y: number;
  readonly pixelsPerMetre: number;
}

/** A camera that looks level over flat ground. */
export interface Ground {
  readonly horizonY: number;
  see(spot: Spot): Seen;
  /** The spot of a point of the picture (fractions) below the horizon. */
  spotAt(point: Point): Spot;
}

/** @param horizonY in pixels; @param cameraMetres height of the camera; @param focalPixels how far it is zoomed in. */
export function createGround(horizonY: number, cameraMetres: number, focalPixels: number): Ground {
  const middle = SCENE_WIDTH / 2;
  return {
    horizonY,
    see({ x, z }) {
      const pixelsPerMetre = focalPixels / z;
      return { x: middle + x * pixelsPerMetre, y: horizonY + cameraMetres * pixelsPerMetre, pixelsPerMetre };
    },
    spotAt([x, y]) {
      const z = (focalPixels * cameraMetres) / (y * SCENE_HEIGHT - horizonY);
      return { x: ((x * SCENE_WIDTH - middle) * z) / focalPixels, z };
    },
  };
}
