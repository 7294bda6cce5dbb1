import { SCENE_HEIGHT, SCENE_WIDTH } from "../ground.ts";
import { css } from "../person.ts";
import { hash } from "../random.ts";
import type { Effect } from "./effect.ts";

/** Night without infrared: little light, bluish. */
export function createDark(share: number): Effect {
  return {
    treat(pixels) {
      for (let at = 0; at < pixels.length; at += 4) {
        pixels[at] = (pixels[at] as number) * share * 0.8;
        pixels[at + 1] = (pixels[at + 1] as number) * share * 0.9;
        pixels[at + 2] = (pixels[at + 2] as number) * share + 6;
      }
    },
  };
}

const PASS_MS = 5000;

/** Cars that drive by outside of the picture at night: a pool of light runs over the place, the lamps dazzle at times. */
export function createHeadlights(seed: number): Effect {
  const lit = new Float32Array(SCENE_WIDTH);
  return {
    treat(pixels, atMs) {
      const round = Math.floor(atMs / 9000);
      const since = (atMs % 9000) / PASS_MS;
      if (since >= 1) return;
      const way = hash(round + seed) > 0.5 ? since : 1 - since;
      const middle = -160 + way * (SCENE_WIDTH + 320);
      const top = 110 + 90 * hash(round * 3 + seed);
      for (let x = 0; x < SCENE_WIDTH; x++) lit[x] = 2.6 * Math.exp(-(((x - middle) / 85) ** 2));
      for (let y = 60; y < SCENE_HEIGHT; y++) {
        const high = Math.exp(-(((y - top - 60) / 95) ** 2));
        for (let x = 0; x < SCENE_WIDTH; x++) {
          const gain = 1 + (lit[x] as number) * high;
          if (gain < 1.02) continue;
          const at = (y * SCENE_WIDTH + x) * 4;
          pixels[at] = (pixels[at] as number) * gain;
          pixels[at + 1] = (pixels[at + 1] as number) * gain;
          pixels[at + 2] = (pixels[at + 2] as number) * gain;
        }
      }
    },
    before(context, atMs) {
      const round = Math.floor(atMs / 9000);
      const since = (atMs % 9000) / PASS_MS;
      if (since >= 1 || hash(round * 5 + seed) < 0.5) return;
      const way = hash(round + seed) > 0.5 ? since : 1 - since;
      for (const apart of [0, 26]) {
        const x = way * (SCENE_WIDTH + 100) - 50 + apart;
        const glow = context.createRadialGradient(x, 140, 0, x, 140, 34);
        glow.addColorStop(0, css([255, 255, 255], 1));
        glow.addColorStop(0.25, css([255, 255, 245], 0.9));
        glow.addColorStop(1, css([255, 250, 230], 0));
        context.fillStyle = glow;
        context.fillRect(x - 34, 106, 68, 68);
      }
    },
  };
}

/** A yard lamp that is switched on and off, every 5 to 15 s. */
export function createLamp(seed: number): Effect {
  return {
    treat(pixels, atMs) {
      const round = Math.floor(atMs / (5000 + 10_000 * hash(seed)));
      const gain = round % 2 === 0 ? 0.32 : 0.85;
      for (let at = 0; at < pixels.length; at += 4) {
        pixels[at] = (pixels[at] as number) * gain;
        pixels[at + 1] = (pixels[at + 1] as number) * gain * 0.97;
        pixels[at + 2] = (pixels[at + 2] as number) * gain * (round % 2 === 0 ? 1.1 : 0.8);
      }
    },
  };
}
