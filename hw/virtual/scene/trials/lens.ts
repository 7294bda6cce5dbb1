import { SCENE_HEIGHT, SCENE_WIDTH } from "../ground.ts";
import { css } from "../person.ts";
import { createRandom, hash, plainNoise } from "../random.ts";
import type { Effect } from "./effect.ts";

const NOISE_VALUES = 1 << 18;

/** Noise of the sensor: about normal, `strength` its deviation in steps of 256. New for every picture. */
export function createNoise(seed: number, strength: number): Effect {
  const random = createRandom(seed + 77);
  const values = Int8Array.from(
    { length: NOISE_VALUES },
    () => (random() + random() + random() - 1.5) * 2 * strength,
  );
  return {
    treat(pixels, atMs) {
      let next = Math.floor(hash(Math.round(atMs) + seed * 7) * NOISE_VALUES);
      for (let at = 0; at < pixels.length; at += 4) {
        const value = values[next++ & (NOISE_VALUES - 1)] as number;
        pixels[at] = (pixels[at] as number) + value;
        pixels[at + 1] = (pixels[at + 1] as number) + value;
        pixels[at + 2] = (pixels[at + 2] as number) + value;
      }
    },
  };
}

/** What the lamp of an infrared camera lights: gray, plants bright, the middle glaring, the far side dark. */
export function createInfrared(isOn: (atMs: number) => boolean = () => true): Effect {
  const lamp = new Float32Array(SCENE_WIDTH * SCENE_HEIGHT);
  for (let y = 0; y < SCENE_HEIGHT; y++) {
    for (let x = 0; x < SCENE_WIDTH; x++) {
      const out = Math.hypot((x - SCENE_WIDTH / 2) / 330, (y - 240) / 190);
      // Light falls with the square of the way: what is high in the picture is far.
      const away = Math.max(0.12, Math.min(1, (y - 60) / 190));
      lamp[y * SCENE_WIDTH + x] = Math.max(0.1, 1.15 - 0.5 * out * out) * away;
    }
  }
  return {
    treat(pixels, atMs) {
      if (!isOn(atMs)) return;
      for (let index = 0; index < lamp.length; index++) {
        const at = index * 4;
        const red = pixels[at] as number;
        const green = pixels[at + 1] as number;
        const blue = pixels[at + 2] as number;
        const lit = (0.35 * red + 0.75 * green + 0.1 * blue) * (lamp[index] as number);
        const value = 10 + lit * 1.05;
        pixels[at] = value;
        pixels[at + 1] = value;
        pixels[at + 2] = value;
      }
    },
  };
}

/** A spider on its thread close before the lamp: a glaring, blurred body with legs, at times the size of a person. */
export function createSpider(seed: number): Effect {
  return {
    before(context, atMs) {
      const part = atMs / 1000;
      const x = 320 + 260 * (plainNoise(part / 7 + seed, seed) - 0.5) * 2;
      const y = 180 + 200 * (plainNoise(part / 9 + seed * 3, 7) - 0.5) * 2;
      const size = 14 + 46 * plainNoise(part / 11 + seed * 5, 3);
      context.save();
      context.strokeStyle = "rgba(235,235,235,0.35)";
      context.lineWidth = 1.6;
      context.beginPath();
      context.moveTo(x + 20, -10);
      context.quadraticCurveTo(x + 10, y / 2, x, y);
      context.stroke();
      context.translate(x, y);
      context.rotate(plainNoise(part / 3, seed) * 3);
      context.strokeStyle = "rgba(240,240,240,0.55)";
      context.lineWidth = size / 7;
      context.lineCap = "round";
      for (let leg = 0; leg < 8; leg++) {
        const side = leg < 4 ? -1 : 1;
        const angle = ((leg % 4) - 1.5) * 0.5 + 0.12 * Math.sin(part * 5 + leg * 2);
        context.beginPath();
        context.moveTo(0, 0);
        context.quadraticCurveTo(
          side * size * Math.cos(angle),
          size * Math.sin(angle) - size * 0.5,
          side * size * 1.5 * Math.cos(angle),
          size * 1.5 * Math.sin(angle) + size * 0.3,
        );
        context.stroke();
      }
      const glare = context.createRadialGradient(0, 0, 0, 0, 0, size);
      glare.addColorStop(0, css([255, 255, 255], 1));
      glare.addColorStop(0.5, css([250, 250, 250], 0.9));
      glare.addColorStop(1, css([235, 235, 235], 0));
      context.fillStyle = glare;
      context.beginPath();
      context.ellipse(0, 0, size * 0.75, size, 0, 0, 7);
      context.fill();
      context.restore();
    },
  };
}

/** A pole that the wind shakes: the picture jumps by up to `pixels`, in gusts of some seconds. */
export function createShake(seed: number, pixels: number): Effect {
  const row = SCENE_WIDTH * 4;
  return {
    treat(picture, atMs) {
      const gust = Math.max(0, plainNoise(atMs / 3500, seed) - 0.35) * 1.6;
      const dx = Math.round(gust * pixels * Math.sin(atMs / 97 + seed));
      const dy = Math.round(gust * pixels * 0.6 * Math.sin(atMs / 71 + seed * 2));
      const still = picture.slice();
      for (let y = 0; y < SCENE_HEIGHT; y++) {
        const fromY = Math.max(0, Math.min(SCENE_HEIGHT - 1, y + dy));
        const left = Math.max(0, -dx);
        const right = Math.min(SCENE_WIDTH, SCENE_WIDTH - dx);
        const start = fromY * row + (left + dx) * 4;
        picture.set(still.subarray(start, fromY * row + (right + dx) * 4), y * row + left * 4);
      }
    },
  };
}
