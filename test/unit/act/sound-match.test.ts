import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { heardFrom, NOT_HEARD_BELOW } from "../../../src/act/microphone-witness.ts";
import { type Heard, matchSound } from "../../../src/act/sound-match.ts";
import { createLevelMeter } from "../../../src/drivers/audio/level-meter.ts";
import {
  echoed,
  mixed,
  NOISES,
  noise,
  oneAfterTheOther,
  rootMeanSquare,
  scaled,
  toSamples,
} from "../../support/acoustics.ts";

const RATE_HZ = 22_050;
const WARNING = "水边危险，请速离开";
const OTHERS = [
  "塘边的人请马上离开，已通知村干部",
  "今天下午三点在村委会开会，请各家派一名代表参加",
  "森林防火，人人有责，严禁在山上用火",
  "水位上涨，低洼处的村民请立即向高处转移",
];
const spoken = new Map<string, Float32Array>();
const hasSpeech = spawnSync("which", ["espeak-ng"]).status === 0;

const silence = (seconds: number): Float32Array => new Float32Array(Math.round(seconds * RATE_HZ));
const levelsOf = (sound: Float32Array): Float32Array =>
  createLevelMeter(RATE_HZ).push(toSamples(sound)).levels;
const say = (text: string): Float32Array => spoken.get(text) ?? new Float32Array();

/** What is sent at 0, with 0.4 s of silence on either side. */
function sent(sound: Float32Array): Heard {
  return { startMs: -400, levels: levelsOf(oneAfterTheOther(silence(0.4), sound, silence(0.4))) };
}

/** A microphone that is opened a second before, and hears `sound` after `delaySeconds`. */
function heard(sound: Float32Array, delaySeconds: number, around?: Float32Array): Heard {
  const air = oneAfterTheOther(silence(1 + delaySeconds), sound, silence(2.5));
  return { startMs: -1000, levels: levelsOf(around ? mixed(air, around.subarray(0, air.length)) : air) };
}

describe.skipIf(!hasSpeech)(`speech${hasSpeech ? "" : " (needs espeak-ng)"}`, () => {
  beforeAll(() => {
    const folder = mkdtempSync(join(tmpdir(), "cunshao-speech-"));
    for (const [index, text] of [WARNING, ...OTHERS].entries()) {
      const path = join(folder, `${index}.wav`);
      execFileSync("espeak-ng", ["-v", "cmn", "-s", "150", "-a", "180", "-w", path, text]);
      const bytes = readFileSync(path).subarray(44);
      const samples = Float32Array.from(
        { length: bytes.length >> 1 },
        (_, at) => bytes.readInt16LE(2 * at) / 32_768,
      );
      spoken.set(text, samples);
    }
    rmSync(folder, { recursive: true });
  });

  test.each(NOISES.flatMap((kind) => [20, 10, 5].map((decibels) => [kind, decibels] as const)))(
    "is heard through %s at %i dB, with an echo, at any loudness",
    (kind, decibels) => {
      const voice = say(WARNING);
      const arrived = echoed(voice, RATE_HZ, 0.6, 0.5, decibels);
      const around = noise(kind, arrived.length + 5 * RATE_HZ, RATE_HZ, decibels);
      const level = rootMeanSquare(arrived) / 10 ** (decibels / 20);
      for (const loudness of [0.02, 0.3]) {
        const match = matchSound(
          sent(voice),
          heard(scaled(arrived, loudness), 0.7, scaled(around, level * loudness)),
        );
        expect(match?.likeness).toBeGreaterThan(heardFrom(voice.length / RATE_HZ));
        expect(Math.abs((match?.delayMs ?? 0) - 700)).toBeLessThanOrEqual(100);
      }
    },
  );

  test("is heard from a horn that distorts and a microphone that cuts off at the end of its scale", () => {
    const voice = say(WARNING);
    const distorted = voice.map((value) => Math.tanh(value * 12));
    expect(matchSound(sent(voice), heard(distorted, 0.2))?.likeness).toBeGreaterThan(heardFrom(4));
  });

  test.each(NOISES)("is not heard in %s alone, as after a relay that clicked", (kind) => {
    const around = scaled(noise(kind, 10 * RATE_HZ, RATE_HZ, 3), 0.05);
    const click = oneAfterTheOther(silence(0.1), new Float32Array(200).fill(0.8), silence(4));
    const match = matchSound(sent(say(WARNING)), heard(click, 0, around));
    expect(match?.likeness).toBeLessThan(NOT_HEARD_BELOW);
  });

  test.each(OTHERS)("is not heard where another loudspeaker says: %s", (other) => {
    for (const delay of [0, 0.4, 1.3]) {
      const voice = oneAfterTheOther(say(other), silence(0.5), say(other));
      const match = matchSound(sent(say(WARNING)), heard(scaled(voice, 0.5), delay));
      expect(match?.likeness).toBeLessThan(heardFrom(4));
    }
  });

  test("that was listened to for less than its half says nothing", () => {
    const all = heard(say(WARNING), 0);
    const cut = { ...all, levels: all.levels.subarray(0, 100) };
    expect(matchSound(sent(say(WARNING)), cut)).toBeUndefined();
  });
});

test("likeness is between -1 and 1 and never NaN, whatever the levels", () => {
  const levels = fc.float32Array({ min: 0, max: 1, noNaN: true, maxLength: 300 });
  const start = fc.integer({ min: -5000, max: 5000 });
  fc.assert(
    fc.property(levels, levels, start, (a, b, startMs) => {
      const match = matchSound({ startMs: 0, levels: a }, { startMs, levels: b });
      if (!match) return;
      expect(Math.abs(match.likeness)).toBeLessThanOrEqual(1 + 1e-9);
      expect(Number.isFinite(match.gain)).toBe(true);
    }),
  );
});

test("a level does not depend on how the samples were cut into pieces", () => {
  const samples = toSamples(noise("wind", 8000, 8000, 5));
  const whole = createLevelMeter(8000).push(samples).levels;
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1500 }), { minLength: 1, maxLength: 20 }), (cuts) => {
      const meter = createLevelMeter(8000);
      const levels: number[] = [];
      let at = 0;
      for (const cut of [...cuts, samples.length]) {
        levels.push(...meter.push(samples.subarray(at, at + cut)).levels);
        at += cut;
      }
      expect(levels).toEqual([...whole]);
    }),
    { numRuns: 30 },
  );
});
