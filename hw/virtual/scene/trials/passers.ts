import type { SKRSContext2D } from "@napi-rs/canvas";
import { DUCKS, drawDuck, duckAt } from "../duck.ts";
import { hash } from "../random.ts";
import { LANE_HEADING, LANE_METRES, onLane, ROAD_GROUND } from "../road-backdrop.ts";
import { drawLorry } from "../vehicles.ts";
import type { Effect } from "./effect.ts";

/** Ducks on the pond, and a file of them over the near bank: as large as a child, and they waddle. */
export function createDucks(seed: number): Effect {
  return {
    behind(context, atMs) {
      for (const duck of DUCKS) drawDuck(context, duckAt(duck, atMs * (1 + hash(seed)) + seed * 9000));
      for (let index = 0; index < 5; index++) drawWalkingDuck(context, seed, index, atMs);
    },
  };
}

function drawWalkingDuck(context: SKRSContext2D, seed: number, index: number, atMs: number): void {
  const round = 26_000;
  const since = (atMs + hash(seed) * round) % round;
  const x = -40 + (since / round) * 900 - index * 44;
  const y =
    296 +
    26 * hash(seed + Math.floor(atMs / round)) +
    5 * hash(index) +
    1.5 * Math.sin(atMs / 140 + index * 2);
  const waddle = Math.sin(atMs / 140 + index * 2);
  context.strokeStyle = "#c8862a";
  context.lineWidth = 2.2;
  for (const side of [-1, 1]) {
    context.beginPath();
    context.moveTo(x + side * 2, y + 2);
    context.lineTo(x + side * 2 + side * waddle * 4, y + 12);
    context.stroke();
  }
  drawDuck(context, { x, y, direction: 1, white: index % 3 !== 1, bob: 0 });
}

/** A farm lorry along the lane, again and again, with nobody to be seen in it. */
export function createTraffic(seed: number): Effect {
  const round = 14_000;
  return {
    behind(context, atMs) {
      const turn = Math.floor(atMs / round);
      const speed = 3.5 + 5 * hash(turn * 7 + seed);
      const rolledMetres = ((atMs % round) / 1000) * speed;
      if (rolledMetres > LANE_METRES + 6) return;
      const isLeftwards = hash(turn + seed) > 0.5;
      const along = isLeftwards ? rolledMetres - 3 : LANE_METRES + 3 - rolledMetres;
      const heading = isLeftwards ? LANE_HEADING : LANE_HEADING - Math.PI;
      drawLorry(context, ROAD_GROUND, { spot: onLane(along, 0.1), heading, rolledMetres });
    },
  };
}
