import type { SKRSContext2D } from "@napi-rs/canvas";
import { CAPTION_AREA, type CaptionConfig, createCaption } from "./caption.ts";
import { SCENE_HEIGHT, SCENE_WIDTH } from "./ground.ts";
import { drawPerson, type Outfit, personArea } from "./person.ts";
import type { Scene } from "./scene-source.ts";
import { FLAGPOLE, paintSquareBackdrop, SQUARE_GROUND } from "./square-backdrop.ts";
import { type Area, createStage } from "./stage.ts";
import { planWalk, type Walk } from "./walk.ts";

interface Villager {
  readonly walk: Walk;
  readonly outfit: Outfit;
  /** When he sets out, in each round. */
  readonly startMs: number;
}

const ROUND_MS = 90_000;
const SKIN = [196, 150, 120] as const;
const DARK_SHOES = [38, 35, 33] as const;

const VILLAGERS: readonly Villager[] = [
  {
    startMs: 1000,
    walk: planWalk(SQUARE_GROUND, [-0.06, 0.72], [{ to: [1.08, 0.66], metresPerSecond: 1.25 }]),
    outfit: {
      jacket: [172, 150, 96],
      trousers: [60, 62, 70],
      shoes: DARK_SHOES,
      hair: [120, 116, 112],
      skin: SKIN,
      size: 0.95,
    },
  },
  {
    startMs: 14_000,
    walk: planWalk(
      SQUARE_GROUND,
      [1.06, 0.84],
      [
        { to: [0.52, 0.7], metresPerSecond: 1.3 },
        { stayMs: 6000, heading: -2.2 },
        { to: [0.36, 0.56], metresPerSecond: 1.2 },
        { to: [-0.06, 0.5], metresPerSecond: 1.3 },
      ],
    ),
    outfit: {
      jacket: [78, 116, 128],
      trousers: [44, 48, 62],
      shoes: DARK_SHOES,
      hair: [36, 31, 29],
      skin: SKIN,
      size: 0.94,
      longHair: true,
    },
  },
  {
    startMs: 34_000,
    walk: planWalk(
      SQUARE_GROUND,
      [0.72, 0.455],
      [
        { to: [0.6, 0.62], metresPerSecond: 1.5 },
        { to: [0.3, 1.25], metresPerSecond: 1.5 },
      ],
    ),
    outfit: {
      jacket: [186, 72, 62],
      trousers: [64, 78, 104],
      shoes: [180, 178, 172],
      hair: [32, 28, 27],
      skin: SKIN,
      size: 0.72,
    },
  },
  {
    startMs: 52_000,
    walk: planWalk(
      SQUARE_GROUND,
      [-0.06, 0.55],
      [
        { to: [0.42, 0.6], metresPerSecond: 1 },
        { stayMs: 5000, heading: 0.6 },
        { to: [1.08, 0.53], metresPerSecond: 1.1 },
      ],
    ),
    outfit: {
      jacket: [72, 74, 78],
      trousers: [84, 80, 72],
      shoes: DARK_SHOES,
      hair: [150, 146, 142],
      skin: SKIN,
      size: 0.96,
      hat: true,
    },
  },
];

/** The village square: a pavilion, the hall, a flag in the wind, people who cross. */
export function createSquareScene(config: { readonly caption: CaptionConfig }): Scene {
  const stage = createStage(3, paintSquareBackdrop);
  const caption = createCaption(config.caption);
  let originMs: number | undefined;

  return {
    width: SCENE_WIDTH,
    height: SCENE_HEIGHT,
    render(capturedAtMs, wallMs) {
      originMs ??= capturedAtMs;
      const atMs = capturedAtMs - originMs;
      const people = VILLAGERS.flatMap(({ walk, outfit, startMs }) => {
        const step = walk.at((atMs % ROUND_MS) - startMs);
        return step ? [{ step, outfit, seen: SQUARE_GROUND.see(step.spot) }] : [];
      }).sort((a, b) => b.step.spot.z - a.step.spot.z);
      const flag = { paint: (context: SKRSContext2D) => drawFlag(context, atMs), areas: [FLAG_AREA] };
      return stage.compose(atMs, () => flag, {
        paint(context) {
          for (const { seen, step, outfit } of people) drawPerson(context, seen, step.pose, outfit);
          caption(context, wallMs);
        },
        areas: [...people.map(({ seen, outfit }) => personArea(seen, outfit.size)), CAPTION_AREA],
      });
    },
  };
}

const POLE = SQUARE_GROUND.see(FLAGPOLE.spot);
const FLAG = {
  x: POLE.x + 1.5,
  y: POLE.y - (FLAGPOLE.metres - 0.15) * POLE.pixelsPerMetre,
  wide: 1.9 * POLE.pixelsPerMetre,
  high: 1.25 * POLE.pixelsPerMetre,
};
const FLAG_AREA: Area = { x: FLAG.x - 2, y: FLAG.y - 10, wide: FLAG.wide + 6, high: FLAG.high + 20 };
const FOLDS = 22;

/** A red flag with its golden stars, in folds that run away from the pole. */
function drawFlag(context: SKRSContext2D, atMs: number): void {
  const lift = (part: number): number => 4.2 * part * Math.sin(part * 7.5 - atMs / 260) + 2.5 * part;
  for (let fold = 0; fold < FOLDS; fold++) {
    const from = fold / FOLDS;
    const to = (fold + 1) / FOLDS;
    const slope = Math.cos(from * 7.5 - atMs / 260);
    const light = 1 - 0.22 * slope * (0.3 + from);
    context.fillStyle = `rgb(${Math.round(196 * light)},${Math.round(36 * light)},${Math.round(34 * light)})`;
    context.beginPath();
    context.moveTo(FLAG.x + from * FLAG.wide, FLAG.y + lift(from));
    context.lineTo(FLAG.x + to * FLAG.wide + 0.6, FLAG.y + lift(to));
    context.lineTo(FLAG.x + to * FLAG.wide + 0.6, FLAG.y + lift(to) + FLAG.high);
    context.lineTo(FLAG.x + from * FLAG.wide, FLAG.y + lift(from) + FLAG.high);
    context.fill();
  }
  // Sizes and places after the flag's own grid of 30 by 20.
  const stars = [
    [5, 5, 3],
    [10, 2, 1],
    [12, 4, 1],
    [12, 7, 1],
    [10, 9, 1],
  ] as const;
  context.fillStyle = "#f0cf3e";
  for (const [column, row, radius] of stars) {
    const x = FLAG.x + (column / 30) * FLAG.wide;
    const y = FLAG.y + (row / 20) * FLAG.high + lift(column / 30);
    star(context, x, y, (radius / 30) * FLAG.wide);
  }
}

function star(context: SKRSContext2D, x: number, y: number, radius: number): void {
  context.beginPath();
  for (let point = 0; point < 10; point++) {
    const angle = (point / 10) * Math.PI * 2 - Math.PI / 2;
    const reach = point % 2 === 0 ? radius : radius * 0.4;
    context.lineTo(x + reach * Math.cos(angle), y + reach * Math.sin(angle));
  }
  context.closePath();
  context.fill();
}
