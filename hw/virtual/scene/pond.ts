// hw/virtual/scene: what the virtual cameras look at. Pictures are drawn with @napi-rs/canvas and encoded by an ffmpeg
// child. May use those, node builtins and types of src/core.
import { contains, type Point, type Polygon } from "../../../src/core/geometry.ts";
import { createSignal } from "../../../src/core/signals.ts";
import { CAPTION_AREA, type CaptionConfig, createCaption } from "./caption.ts";
import { DUCKS, drawDuck, duckAt } from "./duck.ts";
import { createGround, SCENE_HEIGHT, SCENE_WIDTH } from "./ground.ts";
import { drawPerson, type Outfit, personArea, personPoints } from "./person.ts";
import { HORIZON_Y, paintPondBackdrop, USUAL_LEVEL_METRES } from "./pond-backdrop.ts";
import { createWater, WATER_AREAS } from "./pond-water.ts";
import { createReeds } from "./reeds.ts";
import type { Scene } from "./scene-source.ts";
import { createStage, type Layer } from "./stage.ts";
import { planWalk } from "./walk.ts";

/** The bank between path and water, as the kit configures it for the pond's camera. */
export const BANK_ZONE: Polygon = [
  [0.1, 0.805],
  [0.36, 0.762],
  [0.5, 0.715],
  [0.66, 0.652],
  [0.71, 0.86],
  [0.42, 0.965],
  [0.1, 0.965],
];

export interface PondConfig {
  readonly caption: CaptionConfig;
  /** From the first picture until the walker first touches the zone; 15,000 ms unless told. */
  readonly firstEntryMs?: number;
  /** From one entry to the next; 60,000 ms unless told, never less than a walk lasts. */
  readonly everyMs?: number;
  /** Zone that `onWalkerEnters` watches; `BANK_ZONE` unless told. */
  readonly zone?: Polygon;
}

export interface PondScene extends Scene {
  /** Level the gauge shows, 0.4 to 4.2 m; the drawn water follows within seconds. */
  setWaterLevelMetres(metres: number): void;
  /** Sends the walker now; false when he is already on his way. The next round follows as usual. */
  summonWalker(): boolean;
  /** Calls with the capture time (`performance.now()`) of the first picture in which a walk touches the zone. */
  onWalkerEnters(listener: (capturedAtMs: number) => void): () => void;
}

const LEVEL_METRES_PER_SECOND = 0.25;
const WALKER: Outfit = {
  jacket: [58, 78, 112],
  trousers: [52, 52, 56],
  shoes: [38, 34, 32],
  hair: [34, 30, 28],
  skin: [196, 150, 120],
  size: 1,
};

export function createPondScene(config: PondConfig): PondScene {
  const { firstEntryMs = 15_000, everyMs = 60_000, zone = BANK_ZONE } = config;
  const ground = createGround(HORIZON_Y, 3.13, 450);
  const walk = planWalk(
    ground,
    [1.06, 0.7],
    [
      { to: [0.86, 0.755], metresPerSecond: 1.35 },
      { to: [0.67, 0.82], metresPerSecond: 1.3 },
      { to: [0.43, 0.775], metresPerSecond: 1.05 },
      { stayMs: 5000, heading: 1.9, lean: 0.05 },
      { stayMs: 3500, heading: 2.7, lean: 0.3 },
      { stayMs: 2500, heading: -0.9, lean: 0.02 },
      { to: [0.6, 0.84], metresPerSecond: 1.2 },
      { to: [0.84, 0.76], metresPerSecond: 1.4 },
      { to: [1.08, 0.692], metresPerSecond: 1.45 },
    ],
  );
  const touchesZone = (elapsedMs: number): boolean => {
    const step = walk.at(elapsedMs);
    if (!step) return false;
    return personPoints(ground.see(step.spot), step.pose, WALKER.size).some(([x, y]) =>
      contains(zone, [x / SCENE_WIDTH, y / SCENE_HEIGHT] satisfies Point),
    );
  };
  const untilEntryMs = firstTouch(walk.durationMs, touchesZone);
  const reeds = createReeds();
  const stage = createStage(1, (context) => paintPondBackdrop(context, reeds.paintStill));
  const water = createWater(stage.backdrop);
  const caption = createCaption(config.caption);
  const entered = createSignal<number>();

  let originMs: number | undefined;
  let nowMs = 0;
  let level = USUAL_LEVEL_METRES;
  let levelWanted = USUAL_LEVEL_METRES;
  let walkAtMs = Number.NEGATIVE_INFINITY;
  let nextWalkAtMs = firstEntryMs - untilEntryMs;
  let told = false;

  function advance(atMs: number): void {
    const most = ((atMs - nowMs) / 1000) * LEVEL_METRES_PER_SECOND;
    level += Math.max(-most, Math.min(most, levelWanted - level));
    nowMs = atMs;
    if (atMs < nextWalkAtMs) return;
    walkAtMs = nextWalkAtMs;
    nextWalkAtMs += Math.max(everyMs, walk.durationMs);
    told = false;
  }

  const drawWater = (atMs: number): Layer => ({
    paint(context) {
      water.draw(context, atMs, level);
      for (const duck of DUCKS) drawDuck(context, duckAt(duck, atMs));
      reeds.draw(context, atMs);
    },
    areas: WATER_AREAS,
  });

  return {
    width: SCENE_WIDTH,
    height: SCENE_HEIGHT,
    render(capturedAtMs, wallMs) {
      originMs ??= capturedAtMs;
      const atMs = capturedAtMs - originMs;
      advance(atMs);
      const step = walk.at(atMs - walkAtMs);
      const seen = step && ground.see(step.spot);
      const picture = stage.compose(atMs, drawWater, {
        paint(context) {
          if (seen) drawPerson(context, seen, step.pose, WALKER);
          caption(context, wallMs);
        },
        areas: seen ? [personArea(seen, WALKER.size), CAPTION_AREA] : [CAPTION_AREA],
      });
      if (!told && touchesZone(atMs - walkAtMs)) {
        told = true;
        entered.emit(capturedAtMs);
      }
      return picture;
    },
    setWaterLevelMetres(metres) {
      levelWanted = Math.max(0.4, Math.min(4.2, metres));
    },
    summonWalker() {
      if (nowMs - walkAtMs < walk.durationMs) return false;
      nextWalkAtMs = nowMs;
      return true;
    },
    onWalkerEnters: (listener) => entered.on(listener),
  };
}

const SEARCH_STEP_MS = 20;

/** Elapsed time at which the walk first touches the zone; 0 when it never does. */
function firstTouch(durationMs: number, touches: (elapsedMs: number) => boolean): number {
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs += SEARCH_STEP_MS) {
    if (touches(elapsedMs)) return elapsedMs;
  }
  return 0;
}
