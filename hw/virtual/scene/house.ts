import type { SKRSContext2D } from "@napi-rs/canvas";
import { fall, fillShape, softBlob } from "./paint.ts";
import { type Colour, css, shade } from "./person.ts";
import type { Random } from "./random.ts";

export interface House {
  /** Lower left corner of the front and its size, pixels. */
  readonly x: number;
  readonly y: number;
  readonly wide: number;
  readonly high: number;
  /** How far the right side wall recedes, pixels; 0 for none. */
  readonly side: number;
  readonly wall: Colour;
  readonly roof: Colour;
  readonly storeys: 1 | 2;
}

/** A whitewashed village house with a tiled roof, windows and a door. */
export function paintHouse(context: SKRSContext2D, random: Random, house: House): void {
  const { x, y, wide, high, side, wall, roof } = house;
  const top = y - high;
  softBlob(context, x + wide * 0.6, y + 1, wide * 0.75, Math.max(2, high * 0.07), [30, 32, 28], 0.5);
  if (side > 0) {
    const lift = side * 0.22;
    fillShape(
      context,
      [
        [x + wide, top],
        [x + wide + side, top + lift * 0.4],
        [x + wide + side, y - lift],
        [x + wide, y],
      ],
      fall(context, top, y, shade(wall, 0.62), shade(wall, 0.5)),
    );
  }
  context.fillStyle = fall(context, top, y, shade(wall, 1), shade(wall, 0.86));
  context.fillRect(x, top, wide, high);
  weather(context, random, house);
  context.fillStyle = css(shade(wall, 0.55));
  context.fillRect(x, y - high * 0.07, wide, high * 0.07);
  paintOpenings(context, house);
  paintRoof(context, house, roof);
}

function weather(context: SKRSContext2D, random: Random, { x, y, wide, high }: House): void {
  for (let count = 0; count < 26; count++) {
    const at = x + random() * wide;
    const long = high * (0.1 + random() * 0.4);
    context.fillStyle = `rgba(70,66,56,${0.03 + random() * 0.06})`;
    context.fillRect(at, y - high + random() * high * 0.3, 0.6 + random() * wide * 0.02, long);
  }
}

function paintOpenings(context: SKRSContext2D, { x, y, wide, high, storeys }: House): void {
  const storey = high / storeys;
  const columns = Math.max(2, Math.round(wide / storey / 0.62));
  for (let floor = 0; floor < storeys; floor++) {
    for (let column = 0; column < columns; column++) {
      const centre = x + (wide * (column + 0.5)) / columns;
      const bottom = y - floor * storey;
      const isDoor = floor === 0 && column === Math.floor(columns / 2);
      const openingWide = storey * (isDoor ? 0.34 : 0.3);
      const openingHigh = storey * (isDoor ? 0.66 : 0.36);
      const openingTop = isDoor ? bottom - openingHigh : bottom - storey * 0.74;
      context.fillStyle = "#d8d4c8";
      const rim = storey * 0.025;
      context.fillRect(
        centre - openingWide / 2 - rim,
        openingTop - rim,
        openingWide + 2 * rim,
        openingHigh + 2 * rim,
      );
      context.fillStyle = isDoor
        ? fall(context, openingTop, openingTop + openingHigh, [104, 52, 36], [70, 36, 28])
        : fall(context, openingTop, openingTop + openingHigh, [52, 62, 70], [92, 104, 110]);
      context.fillRect(centre - openingWide / 2, openingTop, openingWide, openingHigh);
      context.fillStyle = isDoor ? "#44241c" : "#c4c0b4";
      context.fillRect(centre - storey * 0.01, openingTop, storey * 0.02, openingHigh);
      if (isDoor) {
        // Spring couplets beside the door.
        context.fillStyle = "#a8322a";
        for (const aside of [-1, 1]) {
          context.fillRect(
            centre + aside * openingWide * 0.68 - storey * 0.03,
            openingTop,
            storey * 0.06,
            openingHigh * 0.8,
          );
        }
      }
    }
  }
}

function paintRoof(context: SKRSContext2D, { x, y, wide, high, side }: House, roof: Colour): void {
  const eaves = y - high + 1;
  const rise = high * 0.3;
  const over = wide * 0.05;
  const right = x + wide + side + over * 0.6;
  const ridgeLeft = x + wide * 0.04;
  const ridgeRight = right - wide * 0.07;
  fillShape(
    context,
    [
      [x - over, eaves + 2],
      [ridgeLeft, eaves - rise],
      [ridgeRight, eaves - rise],
      [right, eaves + 2],
    ],
    fall(context, eaves - rise, eaves + 2, shade(roof, 1.18), shade(roof, 0.82)),
  );
  context.lineWidth = 0.5;
  for (let at = 0; at <= 1; at += 2.4 / wide) {
    context.strokeStyle = css(shade(roof, 0.6), 0.55);
    context.beginPath();
    context.moveTo(ridgeLeft + (ridgeRight - ridgeLeft) * at, eaves - rise);
    context.lineTo(x - over + (right - x + over) * at, eaves + 2);
    context.stroke();
  }
  context.fillStyle = css(shade(roof, 0.5));
  context.fillRect(ridgeLeft, eaves - rise - 1.2, ridgeRight - ridgeLeft, 1.8);
  context.fillStyle = "rgba(20,20,20,0.38)";
  context.fillRect(x, eaves + 1.5, wide, Math.max(1, high * 0.045));
}
