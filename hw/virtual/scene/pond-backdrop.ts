import type { SKRSContext2D } from "@napi-rs/canvas";
import { SCENE_HEIGHT, SCENE_WIDTH } from "./ground.ts";
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
  softBlob,
} from "./paint.ts";
import { css } from "./person.ts";
import { createRandom, plainNoise, type Random } from "./random.ts";
import type { Painter } from "./stage.ts";

/** Level at which the shore lies where `shoreY` says, in metres. */
export const USUAL_LEVEL_METRES = 2.4;
export const HORIZON_Y = 61;
export const FAR_SHORE_Y = 106;

/** Pixels by which the near shore moves towards the camera for every metre the water rises. */
const SHORE_SHIFT = 6;

const SHORE: Pixels = [
  [-10, 281],
  [70, 279],
  [150, 273],
  [230, 264],
  [310, 249],
  [390, 232],
  [470, 214],
  [560, 192],
  [650, 172],
];

/** The near edge of the water at `x` for a level in metres. */
export function shoreY(x: number, levelMetres: number): number {
  const index = Math.max(
    1,
    SHORE.findIndex(([cornerX]) => cornerX >= x),
  );
  const [leftX, leftY] = SHORE[index - 1] ?? [0, 0];
  const [rightX, rightY] = SHORE[index] ?? [SCENE_WIDTH, 0];
  const straight = leftY + ((rightY - leftY) * (x - leftX)) / (rightX - leftX);
  const perspective = 0.55 + (0.65 * (straight - 170)) / 110;
  const wander = (plainNoise(x / 17, 5) - 0.5) * 5 + (plainNoise(x / 5, 9) - 0.5) * 1.6;
  return straight + wander * perspective + (levelMetres - USUAL_LEVEL_METRES) * SHORE_SHIFT * perspective;
}

/** The far edge of the water for a level. */
export function farShoreY(levelMetres: number): number {
  return FAR_SHORE_Y - (levelMetres - USUAL_LEVEL_METRES) * 2.5;
}

function shoreLine(levelMetres: number, below = 0): Pixels {
  return Array.from({ length: 93 }, (_, index) => {
    const x = -6 + index * 7.1;
    return [x, shoreY(x, levelMetres) + below] as const;
  });
}

/** The surface of the water as an outline, for clipping. */
export function waterOutline(levelMetres: number): Pixels {
  const far = farShoreY(levelMetres);
  return [
    [-6, far + 3],
    [130, far],
    [400, far - 1],
    [652, far + 2],
    ...[...shoreLine(levelMetres)].reverse(),
  ];
}

/** Everything that does not move and is not water; `foreground` stands before it. */
export function paintPondBackdrop(context: SKRSContext2D, foreground?: Painter): void {
  const random = createRandom(20_260_701);
  paintSky(context, random, HORIZON_Y);
  paintHills(context, HORIZON_Y + 4, 46, 2.2, [150, 168, 178]);
  paintHills(context, HORIZON_Y + 9, 30, 7.4, [120, 143, 140]);
  paintFarBank(context, random);
  paintNearBank(context, random);
  foreground?.(context);
  finishLens(context);
}

function paintFarBank(context: SKRSContext2D, random: Random): void {
  context.fillStyle = fall(context, 66, 112, [118, 134, 92], [132, 140, 88], [104, 108, 70]);
  context.fillRect(0, 66, SCENE_WIDTH, 52);
  for (let x = -10; x < 650; x += 13) {
    const size = 9 + random() * 8;
    paintFoliage(context, random, {
      x,
      y: 68 - random() * 5,
      wide: size,
      high: size * 0.9,
      colour: [98, 122, 88],
    });
  }
  const white = [226, 222, 210] as const;
  const tiles = [92, 92, 94] as const;
  paintHouse(context, random, {
    x: 402,
    y: 92,
    wide: 74,
    high: 33,
    side: 15,
    wall: white,
    roof: tiles,
    storeys: 2,
  });
  paintHouse(context, random, {
    ...{ x: 506, y: 93, wide: 52, high: 21, side: 10, storeys: 1 },
    ...{ wall: [214, 204, 184], roof: [126, 88, 70] },
  });
  paintHouse(context, random, {
    ...{ x: 148, y: 90, wide: 46, high: 20, side: 9, storeys: 1 },
    ...{ wall: white, roof: tiles },
  });
  const trees = [
    ...[
      [22, 30],
      [66, 22],
      [112, 26],
      [226, 24],
      [262, 31],
      [306, 21],
      [352, 27],
      [492, 20],
      [580, 28],
      [624, 34],
    ],
  ] as const;
  for (const [x = 0, size = 20] of trees) {
    const colour = [84 + random() * 18, 112 + random() * 16, 62 + random() * 12] as const;
    paintTree(context, random, { x, y: 90 - size, wide: size * 0.78, high: size * 0.9, foot: 97, colour });
  }
  paintGrass(context, random, 900, () => [random() * 650, 94 + random() * 13, 2 + random() * 3]);
  // The stone edge of the far bank.
  context.fillStyle = fall(context, 103, 116, [150, 146, 132], [96, 92, 80]);
  context.fillRect(0, 103, SCENE_WIDTH, 14);
  for (let count = 0; count < 220; count++) {
    context.fillStyle = css([90 + random() * 80, 88 + random() * 76, 78 + random() * 66], 0.6);
    context.fillRect(random() * 640, 103 + random() * 8, 2 + random() * 6, 1 + random() * 2);
  }
}

function paintNearBank(context: SKRSContext2D, random: Random): void {
  const bank: Pixels = [...shoreLine(0.4), [SCENE_WIDTH + 10, SCENE_HEIGHT + 4], [-6, SCENE_HEIGHT + 4]];
  fillShape(context, bank, fall(context, 170, 360, [116, 132, 74], [112, 126, 66], [92, 106, 54]));
  paintTexture(context, bank, { horizonY: HORIZON_Y, grain: 26, contrast: 0.62, stretch: 3 });
  paintMud(context, random);
  paintPath(context, random);
  const onBank = (): readonly [number, number, number] => {
    for (let tries = 0; tries < 20; tries++) {
      const x = random() * 650;
      const y = 180 + random() * 184;
      if (y > shoreY(x, 3.1) + 4 && !onPath(x, y, 1.02))
        return [x, y, 1.5 + ((y - HORIZON_Y) / 300) * 8 * random()];
    }
    return [0, 400, 1];
  };
  paintGrass(context, random, 5200, onBank);
  for (let count = 0; count < 150; count++) {
    const [x, y, length] = onBank();
    context.fillStyle = random() < 0.5 ? "rgba(232,226,196,0.75)" : "rgba(222,190,84,0.75)";
    context.beginPath();
    context.ellipse(x, y, length * 0.14 + 0.3, length * 0.1 + 0.25, 0, 0, 7);
    context.fill();
  }
}

/** Wet, bare earth on both sides of the usual shore. */
function paintMud(context: SKRSContext2D, random: Random): void {
  const upper = shoreLine(0.4);
  const lower = [...shoreLine(3.0, 4)].reverse();
  const mud = [...upper, ...lower];
  fillShape(context, mud, fall(context, 160, 300, [112, 98, 74], [108, 92, 66], [96, 80, 56]));
  paintTexture(context, mud, { horizonY: HORIZON_Y, grain: 12, contrast: 0.5, stretch: 2 });
  for (let count = 0; count < 420; count++) {
    const x = random() * 650;
    const y = shoreY(x, 1.2 + random() * 2);
    const size = (0.5 + random() * 1.7) * (0.5 + (y - 170) / 150);
    const grey = 92 + random() * 72;
    context.fillStyle = css([grey, grey * 0.97, grey * 0.9], 0.9);
    context.beginPath();
    context.ellipse(x, y, size * 1.4, size * 0.8, 0, 0, 7);
    context.fill();
    context.fillStyle = "rgba(28,24,18,0.35)";
    context.fillRect(x - size, y + size * 0.5, size * 2.4, size * 0.4);
  }
}

/** The trodden path: its middle line and half width (pixels). */
const PATH: readonly (readonly [x: number, y: number, half: number])[] = [
  [700, 246, 12],
  [560, 268, 15],
  [450, 290, 18],
  [340, 316, 22],
  [220, 352, 27],
  [150, 380, 31],
];

function pathAt(x: number): { y: number; half: number } {
  const index = Math.max(
    1,
    PATH.findIndex(([cornerX]) => cornerX <= x),
  );
  const [rightX, rightY, rightHalf] = PATH[index - 1] ?? [700, 246, 12];
  const [leftX, leftY, leftHalf] = PATH[index] ?? [150, 380, 31];
  const part = (rightX - x) / (rightX - leftX);
  return { y: rightY + (leftY - rightY) * part, half: rightHalf + (leftHalf - rightHalf) * part };
}

function onPath(x: number, y: number, wider: number): boolean {
  if (x < 150) return false;
  const path = pathAt(x);
  return Math.abs(y - path.y) < path.half * wider * (0.86 + 0.28 * plainNoise(x / 14, y > path.y ? 3 : 8));
}

function paintPath(context: SKRSContext2D, random: Random): void {
  const xs = Array.from({ length: 62 }, (_, index) => 150 + index * 9);
  const edge = (side: 1 | -1) =>
    xs.map((x) => {
      const { y, half } = pathAt(x);
      return [x, y + side * half * (0.8 + 0.3 * plainNoise(x / 14, side > 0 ? 3 : 8))] as const;
    });
  const shape = [...edge(-1), ...edge(1).reverse()];
  context.save();
  context.filter = "blur(2px)";
  fillShape(context, shape, fall(context, 240, 360, [164, 150, 122], [158, 142, 112], [142, 126, 98]));
  context.restore();
  paintTexture(context, shape, { horizonY: HORIZON_Y, grain: 16, contrast: 0.4, stretch: 1.5 });
  for (let count = 0; count < 260; count++) {
    const x = 150 + random() * 500;
    const { y, half } = pathAt(x);
    const grey = 110 + random() * 80;
    context.fillStyle = css([grey, grey * 0.96, grey * 0.86], 0.7);
    context.beginPath();
    const size = (0.4 + random()) * (half / 16);
    context.ellipse(x, y + (random() * 2 - 1) * half * 0.8, size * 1.5, size, 0, 0, 7);
    context.fill();
  }
  for (let x = 170; x < 650; x += 30) {
    const { y, half } = pathAt(x);
    softBlob(context, x, y + half * 0.45, 30, half * 0.22, [96, 82, 58], 0.4);
  }
}
