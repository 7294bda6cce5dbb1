import type { SKRSContext2D } from "@napi-rs/canvas";
import { createGround, SCENE_HEIGHT, SCENE_WIDTH, type Spot } from "./ground.ts";
import { paintHouse } from "./house.ts";
import {
  fall,
  fillShape,
  finishLens,
  type Pixels,
  paintFoliage,
  paintGrass,
  paintHills,
  paintSky,
  paintTexture,
  paintTree,
} from "./paint.ts";
import { css, shade } from "./person.ts";
import { createRandom, type Random } from "./random.ts";

export const ROAD_GROUND = createGround(84, 3.4, 430);

/** Middle of the lane, from the right edge of the picture to the left. */
const LANE_FROM = ROAD_GROUND.spotAt([1.2, 0.82]);
const LANE_TO = ROAD_GROUND.spotAt([-0.2, 0.56]);
const LANE_METRES = Math.hypot(LANE_TO.x - LANE_FROM.x, LANE_TO.z - LANE_FROM.z);
const LANE_HALF = 1.9;
/** Direction of the lane, leftwards. */
export const LANE_HEADING = Math.atan2(LANE_TO.z - LANE_FROM.z, LANE_TO.x - LANE_FROM.x);

/** A spot on the lane: `along` metres from where it begins at the right, `aside` metres from its middle, away from us. */
export function onLane(along: number, aside = 0): Spot {
  const cos = Math.cos(LANE_HEADING);
  const sin = Math.sin(LANE_HEADING);
  return { x: LANE_FROM.x + along * cos + aside * sin, z: LANE_FROM.z + along * sin - aside * cos };
}

export { LANE_METRES };

export function paintRoadBackdrop(context: SKRSContext2D): void {
  const random = createRandom(20_260_702);
  paintSky(context, random, 92);
  paintHills(context, 96, 58, 4.1, [148, 166, 178]);
  paintHills(context, 100, 36, 9.3, [116, 138, 132]);
  context.fillStyle = fall(context, 96, 360, [126, 138, 90], [118, 130, 72], [96, 108, 56]);
  context.fillRect(0, 98, SCENE_WIDTH, 262);
  paintTexture(
    context,
    [
      [0, 100],
      [640, 100],
      [640, 360],
      [0, 360],
    ],
    { horizonY: 84, grain: 24, contrast: 0.5, stretch: 2.5 },
  );
  paintVillage(context, random);
  paintLane(context, random);
  paintField(context, random);
  paintPoles(context);
  finishLens(context);
}

function paintVillage(context: SKRSContext2D, random: Random): void {
  for (let x = -10; x < 660; x += 15) {
    const size = 13 + random() * 11;
    paintFoliage(context, random, {
      x,
      y: 104 - random() * 8,
      wide: size,
      high: size,
      colour: [92, 116, 82],
    });
  }
  const tiles = [88, 90, 94] as const;
  paintHouse(context, random, {
    x: 28,
    y: 150,
    wide: 62,
    high: 34,
    side: 14,
    wall: [220, 212, 196],
    roof: [122, 84, 66],
    storeys: 1,
  });
  paintTree(context, random, { x: 120, y: 112, wide: 24, high: 30, foot: 154, colour: [86, 114, 64] });
  paintHouse(context, random, {
    x: 150,
    y: 166,
    wide: 96,
    high: 68,
    side: 26,
    wall: [230, 226, 214],
    roof: tiles,
    storeys: 2,
  });
  paintTree(context, random, { x: 300, y: 118, wide: 30, high: 38, foot: 172, colour: [80, 108, 60] });
  paintTree(context, random, { x: 336, y: 132, wide: 20, high: 24, foot: 172, colour: [96, 120, 66] });
  paintHouse(context, random, {
    x: 378,
    y: 194,
    wide: 150,
    high: 98,
    side: 44,
    wall: [226, 220, 206],
    roof: tiles,
    storeys: 2,
  });
  paintTree(context, random, { x: 612, y: 118, wide: 46, high: 58, foot: 214, colour: [84, 112, 62] });
  // A garden wall in front of the houses.
  for (const [from, to, y, high] of [
    [0, 140, 167, 12],
    [262, 376, 186, 15],
    [560, 650, 222, 19],
  ] as const) {
    context.fillStyle = fall(context, y - high, y, [176, 164, 144], [132, 120, 102]);
    context.fillRect(from, y - high, to - from, high);
    context.fillStyle = "#76706a";
    context.fillRect(from - 1, y - high - 2, to - from + 2, 3);
    for (let count = 0; count < (to - from) * 1.6; count++) {
      context.fillStyle = css([108 + random() * 60, 92 + random() * 50, 76 + random() * 40], 0.35);
      context.fillRect(from + random() * (to - from - 5), y - random() * high, 4 + random() * 3, 1.6);
    }
    paintGrass(context, random, 160, () => [
      from + random() * (to - from),
      y + random() * 3,
      2 + random() * 4,
    ]);
  }
}

function laneOutline(half: number): Pixels {
  const steps = Array.from({ length: 30 }, (_, index) => -1 + (index / 29) * (LANE_METRES + 4));
  const far = steps.map((along) => seen(onLane(along, half)));
  const near = steps.map((along) => seen(onLane(along, -half)));
  return [...far, ...near.reverse()];
}

function seen(spot: Spot): readonly [number, number] {
  const { x, y } = ROAD_GROUND.see(spot);
  return [x, y];
}

function paintLane(context: SKRSContext2D, random: Random): void {
  const verge = laneOutline(LANE_HALF + 0.45);
  fillShape(context, verge, fall(context, 170, 330, [150, 142, 116], [138, 126, 98]));
  paintTexture(context, verge, { horizonY: 84, grain: 14, contrast: 0.5, stretch: 1 });
  const lane = laneOutline(LANE_HALF);
  fillShape(context, lane, fall(context, 170, 340, [184, 182, 174], [176, 173, 164], [160, 156, 146]));
  paintTexture(context, lane, { horizonY: 84, grain: 8, contrast: 0.24, stretch: 1.2 });
  context.lineWidth = 0.9;
  for (let along = 0; along < LANE_METRES + 2; along += 3.6) {
    context.strokeStyle = "rgba(92,88,80,0.6)";
    context.beginPath();
    context.moveTo(...seen(onLane(along, -LANE_HALF)));
    context.lineTo(...seen(onLane(along + 0.1, LANE_HALF)));
    context.stroke();
  }
  for (let crack = 0; crack < 7; crack++) {
    let along = random() * LANE_METRES;
    let aside = (random() * 2 - 1) * LANE_HALF;
    context.strokeStyle = "rgba(86,82,74,0.5)";
    context.lineWidth = 0.7;
    context.beginPath();
    context.moveTo(...seen(onLane(along, aside)));
    for (let step = 0; step < 9; step++) {
      along += (random() - 0.3) * 0.5;
      aside = Math.max(-LANE_HALF, Math.min(LANE_HALF, aside + (random() - 0.5) * 0.5));
      context.lineTo(...seen(onLane(along, aside)));
    }
    context.stroke();
  }
  for (const side of [1, -1]) {
    paintGrass(context, random, 900, () => {
      const { x, y, pixelsPerMetre } = ROAD_GROUND.see(
        onLane(random() * (LANE_METRES + 2) - 1, side * (LANE_HALF + 0.2 + random() * 0.7)),
      );
      return [x, y, pixelsPerMetre * (0.05 + random() * 0.16)];
    });
  }
}

/** A vegetable plot on our side of the lane, in rows along it. */
function paintField(context: SKRSContext2D, random: Random): void {
  for (let row = 0; row < 5; row++) {
    const aside = -(LANE_HALF + 1.5 + row * 0.62);
    const bed = [0.24, -0.24].map((half) =>
      [-2, LANE_METRES + 2].map((along) => seen(onLane(along, aside + half))),
    );
    const [far, near] = bed;
    if (far && near) fillShape(context, [...far, ...near.reverse()], "rgba(98,80,56,0.8)");
    for (let along = 0; along < LANE_METRES; along += 0.42) {
      const { x, y, pixelsPerMetre } = ROAD_GROUND.see(onLane(along + random() * 0.1, aside));
      if (y > SCENE_HEIGHT + 30 || x < -20 || x > SCENE_WIDTH + 20) continue;
      for (let leaf = 0; leaf < 9; leaf++) {
        const angle = (leaf / 9) * Math.PI * 2 + random();
        context.fillStyle = css(shade([98, 138, 66], 0.6 + random() * 0.6), 0.95);
        context.beginPath();
        const reach = pixelsPerMetre * 0.11;
        context.ellipse(
          x + Math.cos(angle) * reach,
          y - reach * 0.7 + Math.sin(angle) * reach * 0.45,
          reach * 0.8,
          reach * 0.4,
          angle,
          0,
          7,
        );
        context.fill();
      }
    }
  }
}

function paintPoles(context: SKRSContext2D): void {
  const poles = [2, 9.5, 18].map((along) => ROAD_GROUND.see(onLane(along, LANE_HALF + 0.9)));
  for (const { x, y, pixelsPerMetre } of poles) {
    const high = 5.6 * pixelsPerMetre;
    const wide = 0.2 * pixelsPerMetre;
    const round = context.createLinearGradient(x - wide / 2, 0, x + wide / 2, 0);
    round.addColorStop(0, "#c2beb4");
    round.addColorStop(1, "#6e6a62");
    context.fillStyle = round;
    context.fillRect(x - wide / 2, y - high, wide, high);
    context.fillStyle = "#5a564e";
    context.fillRect(x - wide * 3, y - high * 0.93, wide * 6, wide * 0.4);
  }
  context.strokeStyle = "rgba(40,42,44,0.65)";
  context.lineWidth = 0.7;
  poles.slice(1).forEach((to, index) => {
    const from = poles[index];
    if (!from) return;
    for (const aside of [-0.5, 0, 0.5]) {
      const x1 = from.x + aside * from.pixelsPerMetre;
      const y1 = from.y - 5.2 * from.pixelsPerMetre;
      const x2 = to.x + aside * to.pixelsPerMetre;
      const y2 = to.y - 5.2 * to.pixelsPerMetre;
      context.beginPath();
      context.moveTo(x1, y1);
      context.quadraticCurveTo((x1 + x2) / 2, (y1 + y2) / 2 + 10, x2, y2);
      context.stroke();
    }
  });
}
