import type { SKRSContext2D } from "@napi-rs/canvas";
import { findChineseFont } from "./caption.ts";
import { createGround, SCENE_WIDTH, type Spot } from "./ground.ts";
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
import { css, shade } from "./person.ts";
import { createRandom, type Random } from "./random.ts";

export const SQUARE_GROUND = createGround(80, 3.7, 420);
/** Foot of the flagpole and its height. */
export const FLAGPOLE = { spot: SQUARE_GROUND.spotAt([0.66, 0.475]), metres: 6.4 } as const;

const FAR_Z = 21;

export function paintSquareBackdrop(context: SKRSContext2D): void {
  const random = createRandom(20_260_703);
  paintSky(context, random, 96);
  paintHills(context, 98, 52, 1.4, [150, 168, 180]);
  paintHills(context, 102, 32, 5.7, [122, 144, 138]);
  context.fillStyle = fall(context, 100, 160, [124, 138, 90], [112, 126, 74]);
  context.fillRect(0, 100, SCENE_WIDTH, 70);
  for (let x = -10; x < 660; x += 14) {
    const size = 15 + random() * 13;
    paintFoliage(context, random, {
      x,
      y: 108 - random() * 10,
      wide: size,
      high: size,
      colour: [90, 116, 80],
    });
  }
  paintHall(context, random);
  paintTree(context, random, { x: 300, y: 94, wide: 34, high: 40, foot: 158, colour: [82, 110, 60] });
  paintTree(context, random, { x: 612, y: 92, wide: 40, high: 46, foot: 164, colour: [86, 116, 62] });
  paintTree(context, random, { x: 20, y: 98, wide: 38, high: 44, foot: 164, colour: [80, 108, 60] });
  paintPaving(context, random);
  paintPlanters(context, random);
  paintPavilion(context);
  paintFlagpole(context);
  finishLens(context);
}

function seen(spot: Spot, up = 0): readonly [number, number] {
  const { x, y, pixelsPerMetre } = SQUARE_GROUND.see(spot);
  return [x, y - up * pixelsPerMetre];
}

function paintPaving(context: SKRSContext2D, random: Random): void {
  const near = 4.6;
  const paving: Pixels = [
    seen({ x: -30, z: FAR_Z }),
    seen({ x: 30, z: FAR_Z }),
    seen({ x: 30, z: near }),
    seen({ x: -30, z: near }),
  ];
  fillShape(context, paving, fall(context, 150, 360, [178, 172, 162], [170, 163, 152], [148, 141, 130]));
  for (let z = near; z < FAR_Z; z += 1.2) {
    for (let x = -16.8; x < 16.8; x += 1.2) {
      const tone = random();
      const tile: Pixels = [
        seen({ x, z }),
        seen({ x: x + 1.2, z }),
        seen({ x: x + 1.2, z: z + 1.2 }),
        seen({ x, z: z + 1.2 }),
      ];
      // A border of darker stone every fourth row, as such squares are laid.
      const border = Math.round((z - near) / 1.2) % 6 === 0 || Math.round((x + 16.8) / 1.2) % 7 === 0;
      fillShape(
        context,
        tile,
        border
          ? "rgba(126,96,84,0.42)"
          : css(tone > 0.5 ? [255, 250, 238] : [84, 76, 66], 0.02 + tone * 0.07),
      );
    }
  }
  context.strokeStyle = "rgba(88,82,74,0.4)";
  context.lineWidth = 0.6;
  for (let z = near; z <= FAR_Z; z += 1.2) strokeLine(context, seen({ x: -16.8, z }), seen({ x: 16.8, z }));
  for (let x = -16.8; x <= 16.8; x += 1.2) strokeLine(context, seen({ x, z: near }), seen({ x, z: FAR_Z }));
  paintTexture(context, paving, { horizonY: 80, grain: 7, contrast: 0.2, stretch: 1 });
  for (let stain = 0; stain < 26; stain++) {
    const { x, y, pixelsPerMetre } = SQUARE_GROUND.see({ x: (random() - 0.5) * 20, z: 5 + random() * 14 });
    softBlob(context, x, y, pixelsPerMetre * (0.5 + random()), pixelsPerMetre * 0.22, [70, 66, 58], 0.16);
  }
}

function strokeLine(
  context: SKRSContext2D,
  from: readonly [number, number],
  to: readonly [number, number],
): void {
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

/** The village hall: two storeys, a porch, a red banner. */
function paintHall(context: SKRSContext2D, random: Random): void {
  const left = 338;
  const right = 586;
  const ground = 158;
  softBlob(context, 470, ground + 2, 150, 7, [36, 36, 32], 0.6);
  context.fillStyle = fall(context, 84, ground, [232, 227, 215], [206, 199, 184]);
  context.fillRect(left, 84, right - left, ground - 84);
  for (let count = 0; count < 60; count++) {
    context.fillStyle = `rgba(80,76,66,${0.02 + random() * 0.05})`;
    context.fillRect(
      left + random() * (right - left),
      86 + random() * 30,
      1 + random() * 3,
      8 + random() * 24,
    );
  }
  for (let column = 0; column < 9; column++) {
    const x = left + 13 + column * 26.4;
    paintWindow(context, x, 92, 14, 15);
    if (Math.abs(column - 4) > 1) paintWindow(context, x, 127, 14, 18);
  }
  context.fillStyle = css([150, 60, 50]);
  context.fillRect(left, 113, right - left, 2);
  // The porch in the middle.
  context.fillStyle = fall(context, 118, ground, [60, 54, 48], [84, 72, 62]);
  context.fillRect(430, 122, 66, ground - 122);
  for (const x of [434, 454, 474]) {
    context.fillStyle = fall(context, 130, ground, [120, 52, 42], [86, 38, 32]);
    context.fillRect(x, 130, 16, ground - 130);
    context.fillStyle = "rgba(220,230,232,0.25)";
    context.fillRect(x + 2, 133, 12, 10);
  }
  for (const x of [426, 496]) {
    context.fillStyle = css([222, 216, 204]);
    context.fillRect(x, 118, 5, ground - 118);
  }
  context.fillStyle = fall(context, 114, 123, [178, 44, 38], [150, 34, 30]);
  context.fillRect(404, 113, 118, 11);
  const family = findChineseFont();
  if (family) {
    context.font = `700 8px "${family}"`;
    context.fillStyle = "#f3dc9a";
    context.textAlign = "center";
    context.fillText("龙湾村文化广场", 463, 121.5);
    context.textAlign = "left";
  }
  fillShape(
    context,
    [
      [left - 9, 86],
      [left + 14, 66],
      [right - 14, 66],
      [right + 9, 86],
    ],
    fall(context, 66, 86, [104, 106, 110], [74, 76, 80]),
  );
  context.lineWidth = 0.5;
  context.strokeStyle = "rgba(50,52,56,0.6)";
  for (let at = 0; at <= 1; at += 0.0125) {
    strokeLine(
      context,
      [left + 14 + (right - left - 28) * at, 66],
      [left - 9 + (right - left + 18) * at, 86],
    );
  }
  context.fillStyle = "#54565a";
  context.fillRect(left + 12, 64.5, right - left - 24, 2);
  context.fillStyle = "rgba(24,24,24,0.3)";
  context.fillRect(left, 86, right - left, 3);
  for (let step = 0; step < 3; step++) {
    context.fillStyle = css(shade([196, 190, 178], 1 - step * 0.08));
    context.fillRect(424 - step * 4, ground - 2 + step * 2, 80 + step * 8, 2.4);
  }
}

function paintWindow(context: SKRSContext2D, x: number, y: number, wide: number, high: number): void {
  context.fillStyle = "#ded9cc";
  context.fillRect(x - 1, y - 1, wide + 2, high + 2);
  context.fillStyle = fall(context, y, y + high, [58, 70, 80], [104, 116, 122]);
  context.fillRect(x, y, wide, high);
  context.fillStyle = "#d0cbbe";
  context.fillRect(x + wide / 2 - 0.5, y, 1, high);
}

/** Round beds with shrubs along the far edge, and a bench. */
function paintPlanters(context: SKRSContext2D, random: Random): void {
  for (const x of [-8.4, -4.2, 8.6]) {
    const at = SQUARE_GROUND.see({ x, z: 17 });
    const unit = at.pixelsPerMetre;
    softBlob(context, at.x + unit * 0.5, at.y, unit * 1.5, unit * 0.3, [40, 38, 34], 0.5);
    context.fillStyle = fall(context, at.y - unit * 0.5, at.y, [176, 166, 150], [128, 118, 104]);
    context.fillRect(at.x - unit, at.y - unit * 0.45, unit * 2, unit * 0.5);
    paintFoliage(context, random, {
      x: at.x,
      y: at.y - unit * 0.75,
      wide: unit * 1.1,
      high: unit * 0.5,
      colour: [92, 126, 66],
    });
    for (let flower = 0; flower < 16; flower++) {
      context.fillStyle = random() < 0.5 ? "#c2484a" : "#e0b24c";
      context.fillRect(at.x + (random() * 2 - 1) * unit, at.y - unit * (0.5 + random() * 0.5), 1.4, 1.4);
    }
  }
  paintGrass(context, random, 500, () => [random() * 640, 156 + random() * 4, 2 + random() * 3]);
}

/** A six-posted pavilion with an upturned roof, on a low plinth to the left. */
function paintPavilion(context: SKRSContext2D): void {
  const centre = SQUARE_GROUND.spotAt([0.215, 0.585]);
  const corner = (index: number, reach: number): Spot => {
    const angle = ((index + 0.5) / 6) * Math.PI * 2;
    return { x: centre.x + reach * Math.cos(angle), z: centre.z + reach * Math.sin(angle) };
  };
  const ring = (reach: number, up: number): Pixels =>
    Array.from({ length: 6 }, (_, index) => seen(corner(index, reach), up));
  const [shadowX, shadowY] = seen({ x: centre.x + 1.4, z: centre.z - 0.2 });
  softBlob(context, shadowX, shadowY, 150, 26, [30, 30, 28], 0.55);
  fillShape(context, ring(2.35, 0), "#8f8778");
  fillShape(context, ring(2.3, 0.22), fall(context, 190, 240, [190, 182, 168], [164, 155, 140]));
  const order = [1, 0, 2, 5, 3, 4];
  for (const index of order.slice(0, 3)) paintPost(context, corner(index, 1.75));
  // Seats between the far posts.
  context.strokeStyle = "#7c3a2c";
  context.lineWidth = 4;
  strokeLine(context, seen(corner(0, 1.7), 0.75), seen(corner(1, 1.7), 0.75));
  strokeLine(context, seen(corner(1, 1.7), 0.75), seen(corner(2, 1.7), 0.75));
  for (const index of order.slice(3)) paintPost(context, corner(index, 1.75));
  const beam = ring(1.85, 2.55);
  for (let index = 0; index < 6; index++) {
    const [from, to] = [beam[index], beam[(index + 1) % 6]];
    if (!from || !to) continue;
    context.strokeStyle = index > 2 ? "#8c3428" : "#5c261e";
    context.lineWidth = 5;
    strokeLine(context, from, to);
  }
  paintPavilionRoof(context, centre, corner);
}

function paintPost(context: SKRSContext2D, spot: Spot): void {
  const [x, bottom] = seen(spot, 0.2);
  const [, top] = seen(spot, 2.6);
  const half = SQUARE_GROUND.see(spot).pixelsPerMetre * 0.085;
  const round = context.createLinearGradient(x - half, 0, x + half, 0);
  round.addColorStop(0, "#b2463a");
  round.addColorStop(0.35, "#c25446");
  round.addColorStop(1, "#5a201a");
  context.fillStyle = round;
  context.fillRect(x - half, top, half * 2, bottom - top);
  context.fillStyle = "#a39b8c";
  context.fillRect(x - half * 1.5, bottom - half, half * 3, half * 1.4);
}

function paintPavilionRoof(
  context: SKRSContext2D,
  centre: Spot,
  corner: (index: number, reach: number) => Spot,
): void {
  const [tipX, tipY] = seen(centre, 4.25);
  const faces = [1, 0, 2, 5, 3, 4];
  for (const index of faces) {
    const [fromX, fromY] = seen(corner(index, 2.6), 2.72);
    const [toX, toY] = seen(corner((index + 1) % 6, 2.6), 2.72);
    const midX = (fromX + toX) / 2;
    const midY = (fromY + toY) / 2 + 5;
    const lit = index === 2 || index === 3 ? 1.14 : index === 5 || index === 0 ? 0.72 : 0.95;
    context.beginPath();
    context.moveTo(tipX, tipY);
    context.quadraticCurveTo((tipX + fromX * 2) / 3, (tipY + fromY * 2.4) / 3.4, fromX, fromY - 3);
    context.quadraticCurveTo(midX, midY, toX, toY - 3);
    context.quadraticCurveTo((tipX + toX * 2) / 3, (tipY + toY * 2.4) / 3.4, tipX, tipY);
    context.fillStyle = fall(context, tipY, midY, shade([112, 116, 118], lit), shade([80, 84, 86], lit));
    context.fill();
    context.strokeStyle = "rgba(40,44,46,0.45)";
    context.lineWidth = 0.6;
    for (let tile = 1; tile < 12; tile++) {
      const part = tile / 12;
      const x = fromX + (toX - fromX) * part;
      const y = fromY + (toY - fromY) * part - 1;
      context.beginPath();
      context.moveTo(tipX, tipY);
      context.quadraticCurveTo((tipX + x * 2) / 3, (tipY + y * 2.4) / 3.4, x, y);
      context.stroke();
    }
    context.strokeStyle = "#4c5052";
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(tipX, tipY);
    context.quadraticCurveTo((tipX + fromX * 2) / 3, (tipY + fromY * 2.4) / 3.4, fromX, fromY - 4);
    context.stroke();
  }
  context.fillStyle = "#5a5e60";
  context.beginPath();
  context.ellipse(tipX, tipY - 4, 4, 5.5, 0, 0, 7);
  context.fill();
}

function paintFlagpole(context: SKRSContext2D): void {
  const { x, y, pixelsPerMetre } = SQUARE_GROUND.see(FLAGPOLE.spot);
  softBlob(
    context,
    x + pixelsPerMetre * 0.4,
    y,
    pixelsPerMetre * 1.3,
    pixelsPerMetre * 0.2,
    [40, 40, 36],
    0.5,
  );
  context.fillStyle = fall(context, y - pixelsPerMetre * 0.4, y, [206, 200, 190], [150, 143, 132]);
  context.fillRect(
    x - pixelsPerMetre * 0.7,
    y - pixelsPerMetre * 0.35,
    pixelsPerMetre * 1.4,
    pixelsPerMetre * 0.4,
  );
  const pole = context.createLinearGradient(x - 1.6, 0, x + 1.6, 0);
  pole.addColorStop(0, "#eceae6");
  pole.addColorStop(1, "#84827e");
  context.fillStyle = pole;
  context.fillRect(x - 1.5, y - FLAGPOLE.metres * pixelsPerMetre, 3, FLAGPOLE.metres * pixelsPerMetre - 4);
  context.fillStyle = "#d8b24a";
  context.beginPath();
  context.arc(x, y - FLAGPOLE.metres * pixelsPerMetre - 1.5, 2.4, 0, 7);
  context.fill();
}
