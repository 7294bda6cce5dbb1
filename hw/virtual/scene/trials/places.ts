import type { SKRSContext2D } from "@napi-rs/canvas";
import { SCENE_HEIGHT, SCENE_WIDTH } from "../ground.ts";
import { HORIZON_Y, paintPondBackdrop, USUAL_LEVEL_METRES } from "../pond-backdrop.ts";
import { createWater } from "../pond-water.ts";
import { createReeds } from "../reeds.ts";
import { paintRoadBackdrop } from "../road-backdrop.ts";
import { paintSquareBackdrop } from "../square-backdrop.ts";
import { paintLarge } from "../stage.ts";

export const PLACE_NAMES = ["pond", "road", "square"] as const;
export type PlaceName = (typeof PLACE_NAMES)[number];

/** Where somebody walks in a straight line: feet in pixels, height as a share of the picture's at both ends. */
export interface Lane {
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
  readonly high: readonly [from: number, to: number];
}

export type Size = "near" | "mid" | "far";

export interface Place {
  /** The place as it is at an instant, with nobody in it. */
  draw(context: SKRSContext2D, atMs: number): void;
}

const BODY_METRES = 1.72;

/** Heights follow from the ground: a level camera `cameraMetres` above it, with the horizon at `horizonY`. */
function lane(horizonY: number, cameraMetres: number, from: Lane["from"], to: Lane["to"]): Lane {
  const highAt = (y: number): number => ((y - horizonY) * BODY_METRES) / cameraMetres / SCENE_HEIGHT;
  return { from, to, high: [highAt(from[1]), highAt(to[1])] };
}

/** Near is about 40 % of the picture's height, mid 15 to 40 %, far 8 to 15 %. Lanes begin and end outside. */
export const LANES: Readonly<Record<PlaceName, Readonly<Record<Size, Lane>>>> = {
  pond: {
    near: lane(HORIZON_Y, 3.13, [-70, 330], [710, 324]),
    mid: lane(HORIZON_Y, 3.13, [690, 222], [250, 290]),
    far: lane(HORIZON_Y, 3.13, [-20, 118], [660, 117]),
  },
  road: {
    near: lane(84, 3.4, [710, 356], [-70, 350]),
    mid: lane(84, 3.4, [690, 282], [-40, 206]),
    far: lane(84, 3.4, [-20, 166], [660, 160]),
  },
  square: {
    near: lane(80, 3.7, [-70, 357], [710, 352]),
    mid: lane(80, 3.7, [690, 260], [-50, 232]),
    far: lane(80, 3.7, [-20, 172], [660, 166]),
  },
};

/** @param windy 0 to 1, how much the reeds sway beyond the usual. */
export function createPlace(name: PlaceName, windy = 0): Place {
  if (name !== "pond") {
    const backdrop = paintLarge(name === "road" ? paintRoadBackdrop : paintSquareBackdrop);
    return { draw: (context) => context.drawImage(backdrop, 0, 0) };
  }
  const reeds = createReeds();
  const backdrop = paintLarge((context) => paintPondBackdrop(context, reeds.paintStill));
  const water = createWater(backdrop);
  return {
    draw(context, atMs) {
      context.drawImage(backdrop, 0, 0, SCENE_WIDTH, SCENE_HEIGHT);
      water.draw(context, atMs, USUAL_LEVEL_METRES);
      reeds.draw(context, atMs * (1 + 1.5 * windy));
    },
  };
}
