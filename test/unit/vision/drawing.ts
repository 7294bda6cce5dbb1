import type { Polygon } from "../../../src/core/geometry.ts";
import { MovementDetector } from "../../../src/vision/movement-detector.ts";

export const WIDTH = 320;
export const HEIGHT = 180;
/** 5 pictures a second. */
const LOOK_MS = 200;

export type Painting = Uint8Array<ArrayBuffer>;

const places = new Map<number, Painting>();

/** Rough ground in two tones and a post: flat enough to see a figure, with edges as a real place has. */
export function drawPlace(brightness = 0): Painting {
  const known = places.get(brightness) ?? paintPlace(brightness);
  places.set(brightness, known);
  return known.slice();
}

function paintPlace(brightness: number): Painting {
  const picture = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    for (let x = 0; x < WIDTH; x++) {
      const texture = ((x * 7 + y * 13) % 11) + ((x >> 4) % 2) * 12;
      const isPost = x >= 250 && x < 258 && y > 40;
      const level = isPost ? 60 : y < 100 ? 150 + texture : 110 + texture;
      picture[y * WIDTH + x] = Math.min(255, Math.max(0, level + brightness));
    }
  }
  return picture;
}

/** A figure of 18 x 60 pixels with its feet at (x, y). */
export function drawFigure(picture: Painting, x: number, y: number, level = 30): Painting {
  return fillBox(picture, Math.round(x) - 9, y - 60, 18, 60, () => level);
}

export function fillBox(
  picture: Painting,
  left: number,
  top: number,
  width: number,
  height: number,
  level: (x: number, y: number, before: number) => number,
): Painting {
  for (let y = Math.max(0, top); y < Math.min(HEIGHT, top + height); y++) {
    for (let x = Math.max(0, left); x < Math.min(WIDTH, left + width); x++) {
      const index = y * WIDTH + x;
      picture[index] = Math.min(255, Math.max(0, level(x, y, picture[index] ?? 0)));
    }
  }
  return picture;
}

/** A repeatable sequence of numbers, 0 (inclusive) to 1 (exclusive). */
export function createNoise(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

export function addNoise(picture: Painting, amplitude: number, noise: () => number): Painting {
  return picture.map((level) => Math.min(255, Math.max(0, level + (noise() * 2 - 1) * amplitude)));
}

/** A detector that watches one zone, shown one picture after another. */
export function createViewing(polygon: Polygon, lookMs = LOOK_MS) {
  const detector = new MovementDetector({
    kind: "watch",
    camera: "pond",
    width: WIDTH,
    height: HEIGHT,
    zones: [{ id: "bank", polygon }],
  });
  let atMs = 0;
  const look = (pixels: Painting) => {
    atMs += lookMs;
    const [zone] = detector.look({ pixels, at: { wallMs: atMs, monotonicMs: atMs } });
    if (!zone) throw new Error("the zone was not judged");
    return zone;
  };
  return {
    look,
    isStirring: () => detector.isStirring,
    /** Shows `seconds` of pictures; returns on how many of them somebody was present. */
    watch(seconds: number, draw: (look: number) => Painting): number {
      let present = 0;
      for (let count = 0; count < (seconds * 1000) / lookMs; count++)
        if (look(draw(count)).present) present++;
      return present;
    },
    skip(seconds: number): void {
      atMs += seconds * 1000;
    },
  };
}
