import { CAPTION_AREA, type CaptionConfig, createCaption } from "./caption.ts";
import { SCENE_HEIGHT, SCENE_WIDTH } from "./ground.ts";
import { drawPerson, type Outfit, personArea } from "./person.ts";
import { LANE_HEADING, LANE_METRES, onLane, paintRoadBackdrop, ROAD_GROUND } from "./road-backdrop.ts";
import type { Scene } from "./scene-source.ts";
import { STRIDE_METRES } from "./skeleton.ts";
import { type Area, createStage, type Painter } from "./stage.ts";
import { bicycleArea, drawBicycle, drawLorry, lorryArea, type Ride } from "./vehicles.ts";

/** One that passes along the lane: when in each round, how fast, which way, how far from the middle. */
interface Passage {
  readonly who: "lorry" | "bicycle" | "villager";
  readonly startMs: number;
  readonly metresPerSecond: number;
  readonly direction: "left" | "right";
  readonly aside: number;
}

const ROUND_MS = 75_000;
const PASSAGES: readonly Passage[] = [
  { who: "villager", startMs: 2000, metresPerSecond: 1.3, direction: "right", aside: 1.1 },
  { who: "bicycle", startMs: 24_000, metresPerSecond: 3.4, direction: "left", aside: -0.6 },
  { who: "lorry", startMs: 40_000, metresPerSecond: 5, direction: "right", aside: 0.1 },
  { who: "villager", startMs: 48_000, metresPerSecond: 1.2, direction: "left", aside: -0.9 },
];
const VILLAGER: Outfit = {
  jacket: [150, 62, 58],
  trousers: [48, 54, 70],
  shoes: [40, 38, 36],
  hair: [38, 33, 30],
  skin: [198, 154, 124],
  size: 0.95,
  longHair: true,
};
const RIDER: Outfit = {
  jacket: [86, 104, 84],
  trousers: [58, 58, 62],
  shoes: [36, 34, 32],
  hair: [44, 40, 38],
  skin: [188, 144, 114],
  size: 1,
  hat: true,
};

interface Mover {
  readonly paint: Painter;
  readonly area: Area;
  readonly z: number;
}

/** A concrete lane into the village, with somebody or something on it now and then. */
export function createRoadScene(config: { readonly caption: CaptionConfig }): Scene {
  const stage = createStage(2, paintRoadBackdrop);
  const caption = createCaption(config.caption);
  let originMs: number | undefined;

  return {
    width: SCENE_WIDTH,
    height: SCENE_HEIGHT,
    render(capturedAtMs, wallMs) {
      originMs ??= capturedAtMs;
      const atMs = capturedAtMs - originMs;
      const movers = PASSAGES.flatMap((passage) => moverOf(passage, atMs)).sort((a, b) => b.z - a.z);
      return stage.compose(atMs, () => STILL, {
        paint(context) {
          for (const mover of movers) mover.paint(context);
          caption(context, wallMs);
        },
        areas: [...movers.map(({ area }) => area), CAPTION_AREA],
      });
    },
  };
}

const STILL = { paint: () => {}, areas: [] };
/** Metres before and after the lane's visible part, so that long things do not pop up. */
const RUN_UP_METRES = 3;

/** The passing thing at an instant; nothing while it is not on the lane. */
function moverOf(passage: Passage, atMs: number): Mover[] {
  const sinceStartMs = (atMs % ROUND_MS) - passage.startMs;
  const rolledMetres = (sinceStartMs / 1000) * passage.metresPerSecond;
  if (rolledMetres < 0 || rolledMetres > LANE_METRES + 2 * RUN_UP_METRES) return [];
  const leftwards = passage.direction === "left";
  const along = leftwards ? rolledMetres - RUN_UP_METRES : LANE_METRES + RUN_UP_METRES - rolledMetres;
  const spot = onLane(along, passage.aside);
  const heading = leftwards ? LANE_HEADING : LANE_HEADING - Math.PI;
  const ride: Ride = { spot, heading, rolledMetres };
  switch (passage.who) {
    case "lorry":
      return [
        {
          paint: (context) => drawLorry(context, ROAD_GROUND, ride),
          area: lorryArea(ROAD_GROUND, ride),
          z: spot.z,
        },
      ];
    case "bicycle":
      return [
        {
          paint: (context) => drawBicycle(context, ROAD_GROUND, ride, RIDER),
          area: bicycleArea(ROAD_GROUND, ride),
          z: spot.z,
        },
      ];
    case "villager": {
      const seen = ROAD_GROUND.see(spot);
      const pose = {
        heading,
        phase: (rolledMetres / (STRIDE_METRES * VILLAGER.size)) * 2 * Math.PI,
        stride: 1,
        lean: 0.05,
      };
      return [
        {
          paint: (context) => drawPerson(context, seen, pose, VILLAGER),
          area: personArea(seen, VILLAGER.size),
          z: spot.z,
        },
      ];
    }
  }
}
