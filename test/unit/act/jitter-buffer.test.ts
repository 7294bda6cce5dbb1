import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createJitterBuffer,
  MOST_DEPTH_MS,
  MOST_TARGET_MS,
  PIECE_MS,
} from "../../../src/act/jitter-buffer.ts";
import { VOICE_RATES_HZ, type VoiceRateHz } from "../../../src/core/live-voice.ts";

const RATE = 16_000;
const PIECE = (RATE * PIECE_MS) / 1000;

interface Arrival {
  readonly atMs: number;
  readonly samples: Int16Array;
}

/** A steady voice of level 1000 in pieces of 20 ms, each as late as told. */
function voice(lengthMs: number, lateMs: (piece: number) => number = () => 0, talkerRate = 1): Arrival[] {
  let lastMs = 0;
  return Array.from({ length: lengthMs / PIECE_MS }, (_, piece) => {
    const spokenMs = ((piece + 1) * PIECE_MS) / talkerRate;
    // TCP keeps the order: what is behind a late piece is late, too.
    lastMs = Math.max(lastMs, spokenMs + lateMs(piece));
    return { atMs: lastMs, samples: new Int16Array(PIECE).fill(1000) };
  });
}

/** Plays for so long, a piece each 20 ms, and looks at the buffer before each. */
function play(arrivals: readonly Arrival[], lengthMs: number, rate: VoiceRateHz = RATE) {
  const buffer = createJitterBuffer(rate);
  const heard: Int16Array[] = [];
  const depthsMs: number[] = [];
  let next = 0;
  for (let nowMs = PIECE_MS / 2; nowMs < lengthMs; nowMs += PIECE_MS) {
    for (let one = arrivals[next]; one && one.atMs <= nowMs; one = arrivals[++next]) {
      buffer.push(one.samples, one.atMs);
    }
    depthsMs.push(buffer.figures().depthMs);
    heard.push(buffer.pull((rate * PIECE_MS) / 1000));
  }
  const silentMs = (from: number, to = lengthMs): number =>
    heard
      .slice(from / PIECE_MS, to / PIECE_MS)
      .reduce((sum, piece) => sum + piece.filter((sample) => sample === 0).length, 0) /
    (rate / 1000);
  return { buffer, heard, depthsMs, silentMs };
}

describe("a voice that comes steadily", () => {
  test("is heard whole from 60 ms after its beginning", () => {
    const { buffer, silentMs } = play(voice(10_000), 10_000);
    expect(silentMs(80)).toBe(0);
    expect(buffer.figures()).toMatchObject({ targetMs: 40, droppedMs: 0 });
    expect(buffer.figures().filledMs).toBeLessThanOrEqual(60);
  });

  test("is heard as it is said, sample for sample", () => {
    const samples = Int16Array.from({ length: PIECE * 20 }, (_, index) => index + 1);
    const arrivals = Array.from({ length: 20 }, (_, piece) => ({
      atMs: (piece + 1) * PIECE_MS,
      samples: samples.slice(piece * PIECE, (piece + 1) * PIECE),
    }));
    const heard = play(arrivals, 500).heard.flatMap((piece) => [...piece]);
    const begin = heard.findIndex((sample) => sample > 0);
    const blendedUntil = begin + 64;
    const first = heard[blendedUntil] ?? 0;
    const clear = heard.slice(blendedUntil, blendedUntil + 4000);
    expect(clear).toEqual(Array.from({ length: 4000 }, (_, index) => first + index));
  });

  test.each([1 + 1e-3, 1 - 1e-3, 1 + 3e-3, 1 - 3e-3])(
    "by a clock that runs at %f of ours for three minutes is heard without a gap and without ever being late",
    (talkerRate) => {
      const { silentMs, depthsMs } = play(voice(180_000, undefined, talkerRate), 179_000);
      expect(silentMs(200)).toBe(0);
      expect(Math.max(...depthsMs)).toBeLessThan(40 + PIECE_MS * 3);
    },
  );
});

describe("a voice over an unsteady network", () => {
  test("waits longer, and then has no gaps", () => {
    const unsteady = voice(20_000, (piece) => (piece * 37) % 70);
    const { buffer, silentMs } = play(unsteady, 20_000);
    expect(silentMs(3000)).toBe(0);
    expect(buffer.figures().targetMs).toBeGreaterThan(80);
    expect(buffer.figures().targetMs).toBeLessThanOrEqual(MOST_TARGET_MS);
  });

  test("that stood still for a while is soon as near as before", () => {
    const { depthsMs, silentMs } = play(
      voice(20_000, (piece) => (piece >= 100 && piece < 115 ? 300 - (piece - 100) * 20 : 0)),
      20_000,
    );
    expect(silentMs(2000, 2500)).toBeGreaterThan(150);
    expect(silentMs(3000)).toBe(0);
    expect(Math.max(...depthsMs.slice(-100))).toBeLessThanOrEqual(80);
  });

  test("that ends is silent", () => {
    const { heard } = play(voice(1000), 2000);
    expect(heard.slice(-40).every((piece) => piece.every((sample) => sample === 0))).toBe(true);
  });

  test("that comes ten times too fast costs no more than 400 ms", () => {
    const { depthsMs } = play(voice(60_000, undefined, 10), 6000);
    expect(Math.max(...depthsMs)).toBeLessThanOrEqual(MOST_DEPTH_MS);
  });
});

test("whatever comes whenever, each pull gives what was asked for and 400 ms is the most that waits", () => {
  const step = fc.oneof(
    fc.record({ push: fc.integer({ min: 0, max: 30_000 }), afterMs: fc.integer({ min: 0, max: 3000 }) }),
    fc.record({ pull: fc.integer({ min: 1, max: 2000 }) }),
  );
  fc.assert(
    fc.property(fc.constantFrom(...VOICE_RATES_HZ), fc.array(step, { maxLength: 200 }), (rate, steps) => {
      const buffer = createJitterBuffer(rate);
      let nowMs = 0;
      for (const one of steps) {
        if ("push" in one) {
          nowMs += one.afterMs;
          buffer.push(new Int16Array(one.push).fill(1000), nowMs);
        } else {
          const piece = buffer.pull(one.pull);
          expect(piece).toHaveLength(one.pull);
          // Blending and stretching make nothing louder than it was.
          expect(piece.every((sample) => sample >= 0 && sample <= 1000)).toBe(true);
        }
        const { depthMs, targetMs, droppedMs, filledMs } = buffer.figures();
        expect(depthMs).toBeLessThanOrEqual(MOST_DEPTH_MS);
        expect(targetMs).toBeGreaterThanOrEqual(40);
        expect(targetMs).toBeLessThanOrEqual(MOST_TARGET_MS);
        expect(Math.min(depthMs, droppedMs, filledMs)).toBeGreaterThanOrEqual(0);
      }
    }),
    { numRuns: 50 },
  );
});

test("what is heard is in the order in which it was said, whatever the network does", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 600 }), { minLength: 50, maxLength: 300 }), (late) => {
      // A ramp over the whole talk: any sample that came back would fall.
      const arrivals = voice(late.length * PIECE_MS, (piece) => late[piece] ?? 0).map((one, piece) => ({
        ...one,
        samples: new Int16Array(PIECE).fill((piece + 1) * 100),
      }));
      const { heard } = play(arrivals, late.length * PIECE_MS + 2000);
      // What is no round hundred lies between two pieces or fades before a gap.
      const middles = heard.map((piece) => piece[PIECE / 2] ?? 0).filter((one) => one > 0 && one % 100 === 0);
      expect(middles).toEqual([...middles].sort((a, b) => a - b));
    }),
    { numRuns: 50 },
  );
});
