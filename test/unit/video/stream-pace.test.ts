import { describe, expect, test } from "vitest";
import { createPaceWatch } from "../../../src/video/stream-pace.ts";

interface Frames {
  readonly count: number;
  /** Between frames, by the clock and by the stream. */
  readonly clockMs: number;
  readonly streamMs: number;
}

/** The first fault that is found, and after how many seconds by the clock. */
function faultOf(parts: readonly Frames[]): { fault: string | undefined; afterSeconds: number } {
  const watch = createPaceWatch();
  let [nowMs, streamMs] = [1_000_000, 0];
  watch(streamMs, nowMs);
  for (const part of parts) {
    for (let frame = 0; frame < part.count; frame++) {
      nowMs += part.clockMs;
      streamMs += part.streamMs;
      const fault = watch(streamMs, nowMs);
      if (fault) return { fault, afterSeconds: (nowMs - 1_000_000) / 1000 };
    }
  }
  return { fault: undefined, afterSeconds: (nowMs - 1_000_000) / 1000 };
}

const STEADY = { count: 150, clockMs: 66, streamMs: 66 };
const ONE_TICK_MS = 1 / 90;

describe("a stream's time", () => {
  test.each<[string, Frames[]]>([
    ["15 frames a second", [STEADY]],
    ["one frame a second", [{ count: 60, clockMs: 1000, streamMs: 1000 }]],
    ["one frame in ten seconds", [{ count: 20, clockMs: 10_000, streamMs: 10_000 }]],
    ["a camera whose seconds are 5 % long", [{ count: 9000, clockMs: 66, streamMs: 63 }]],
    ["the frames since the last key frame, at once", [{ count: 200, clockMs: 0, streamMs: 66 }, STEADY]],
    ["a break of eight seconds that is made up for", [STEADY, { count: 1, clockMs: 8000, streamMs: 66 }, { count: 120, clockMs: 1, streamMs: 66 }, STEADY]], // biome-ignore format: a row a case
    ["a break of a minute after which the camera goes on with now", [STEADY, { count: 1, clockMs: 60_000, streamMs: 60_000 }, STEADY]], // biome-ignore format: a row a case
    ["a clock of the camera that is set a second ahead", [STEADY, { count: 1, clockMs: 66, streamMs: 1000 }, STEADY]], // biome-ignore format: a row a case
  ])("may go on with %s", (_name, parts) => {
    expect(faultOf(parts).fault).toBeUndefined();
  });

  test.each<[string, string, Frames[], number]>([
    [
      "creeps on by a tick a frame",
      "video.time_stuck",
      [STEADY, { count: 200, clockMs: 66, streamMs: ONE_TICK_MS }],
      20,
    ],
    [
      "creeps on at a frame a second",
      "video.time_stuck",
      [{ count: 30, clockMs: 1000, streamMs: ONE_TICK_MS }],
      10,
    ],
    ["jumps an hour ahead", "video.time_jump", [STEADY, { count: 1, clockMs: 66, streamMs: 3_600_000 }], 10],
    ["goes backwards", "video.time_jump", [STEADY, { count: 1, clockMs: 66, streamMs: -1 }], 10],
  ])("that %s is found", (_name, code, parts, withinSeconds) => {
    const { fault, afterSeconds } = faultOf(parts);
    expect(fault).toBe(code);
    expect(afterSeconds).toBeLessThan(withinSeconds);
  });
});
