import { describe, expect, test } from "vitest";
import { silentLogger } from "../../../src/core/log.ts";
import { createAttention } from "../../../src/video/attention.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";

function attend(needsSecond: boolean) {
  const clock = createSteppedClock();
  const warnings: unknown[] = [];
  const log = { ...silentLogger, warn: (fields: object) => void warnings.push(fields) };
  const attention = createAttention({ clock, log }, "pond", needsSecond);
  attention.restart();
  return { clock, attention, warnings };
}

describe("attention", () => {
  test("is full from the start of a session until 5 s after the last movement", () => {
    const { clock, attention } = attend(true);
    attention.onKeyFrame(800);
    clock.step(4000);
    attention.stir();
    clock.step(4900);
    expect(attention.wantsFrame(200)).toBe(true);
    clock.step(200);
    expect(attention.wantsFrame(200)).toBe(false);
    attention.stir();
    expect(attention.wantsFrame(200)).toBe(true);
  });

  test.each([
    ["a rule that needs the second", true, 800, false],
    ["a rule that needs the second and key frames too far apart for it", true, 1000, true],
    ["no such rule", false, 2000, false],
    [
      "no such rule and key frames so far apart that a camera that hangs would be noticed late",
      false,
      5000,
      true,
    ],
  ])("with %s", (_name, needsSecond, keyFrameMs, isFull) => {
    const { clock, attention } = attend(needsSecond);
    attention.onKeyFrame(keyFrameMs);
    clock.step(60_000);
    expect(attention.wantsFrame(0)).toBe(isFull);
    expect(attention.figures()).toEqual({ isFullRate: isFull, keyFrameSeconds: keyFrameMs / 1000 });
  });

  test("is full while the interval of key frames is not known", () => {
    const { clock, attention } = attend(true);
    clock.step(60_000);
    expect(attention.wantsFrame(400)).toBe(true);
  });

  test("is full from the moment on at which a key frame is overdue", () => {
    const { clock, attention } = attend(true);
    attention.onKeyFrame(800);
    clock.step(60_000);
    expect(attention.wantsFrame(840)).toBe(false);
    expect(attention.wantsFrame(900)).toBe(true);
  });

  test("says once that key frames are too far apart", () => {
    const { attention, warnings } = attend(true);
    for (const intervalMs of [800, 2000, 2000]) attention.onKeyFrame(intervalMs);
    attention.restart();
    attention.onKeyFrame(2000);
    expect(warnings).toEqual([{ camera: "pond", keyFrameMs: 2000, limitMs: 850 }]);
  });
});
