import type { Effect } from "./effect.ts";
import { createInfrared, createNoise, createShake, createSpider } from "./lens.ts";
import { createDark, createHeadlights, createLamp } from "./lights.ts";
import { createDucks, createTraffic } from "./passers.ts";
import { PLACE_NAMES, type PlaceName } from "./places.ts";
import { createCloudShadow, createGusts, createRain, createWaves } from "./weather.ts";

/** What goes on before the camera while it is tried. */
export interface Condition {
  readonly name: string;
  readonly places: readonly PlaceName[];
  /** Whether people are asked for in it, too. */
  readonly hasPeople: boolean;
  /** In the order in which light comes to the sensor. */
  effects(seed: number, place: PlaceName): readonly Effect[];
}

const DAY_NOISE = 2.2;
const NIGHT_NOISE = 6;

const day = (...effects: Effect[]) => [...effects, createNoise(effects.length, DAY_NOISE)];
const infrared = (...effects: Effect[]) => [
  ...effects,
  createInfrared(),
  createNoise(effects.length, NIGHT_NOISE),
];

const EVERYWHERE = PLACE_NAMES;
/** From day to infrared and back. */
const SWITCH_MS = 12_000;

export const CONDITIONS: readonly Condition[] = [
  { name: "still", places: EVERYWHERE, hasPeople: true, effects: () => day() },
  { name: "waves", places: ["pond"], hasPeople: true, effects: (seed) => day(createWaves(seed)) },
  {
    name: "rain",
    places: ["pond", "road"],
    hasPeople: true,
    effects: (seed, place) => day(createRain(seed, place === "pond")),
  },
  { name: "reeds", places: ["pond"], hasPeople: true, effects: (seed) => day(createGusts(seed)) },
  { name: "ducks", places: ["pond"], hasPeople: false, effects: (seed) => day(createDucks(seed)) },
  { name: "lorry", places: ["road"], hasPeople: false, effects: (seed) => day(createTraffic(seed)) },
  {
    name: "clouds",
    places: EVERYWHERE,
    hasPeople: true,
    effects: (seed) => day(createCloudShadow(seed)),
  },
  { name: "shake", places: EVERYWHERE, hasPeople: true, effects: (seed) => day(createShake(seed, 5)) },
  { name: "infrared", places: EVERYWHERE, hasPeople: true, effects: () => infrared() },
  {
    name: "spider",
    places: EVERYWHERE,
    hasPeople: false,
    effects: (seed) => [createInfrared(), createSpider(seed), createNoise(seed, NIGHT_NOISE)],
  },
  {
    name: "headlights",
    places: ["road", "square"],
    hasPeople: false,
    effects: (seed) => [createDark(0.3), createHeadlights(seed), createNoise(seed, NIGHT_NOISE)],
  },
  {
    name: "lamp",
    places: ["square", "pond"],
    hasPeople: false,
    effects: (seed) => [createLamp(seed), createNoise(seed, NIGHT_NOISE)],
  },
  {
    name: "switching",
    places: EVERYWHERE,
    hasPeople: false,
    effects: (seed) => [
      createInfrared((atMs) => Math.floor(atMs / SWITCH_MS) % 2 === 1),
      createNoise(seed, 4),
    ],
  },
];
