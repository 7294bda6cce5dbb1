import { describe, expect, test } from "vitest";
import { lengthMs, stretchesOf } from "../../../../src/provision/zone-trial/trial-stretches.ts";

const MINUTE = 60_000;
const nowMs = 60 * MINUTE;
const hour = [{ fromMs: 0, toMs: nowMs }];
const seconds = (fromS: number, toS: number) => ({ fromMs: fromS * 1000, toMs: toS * 1000 });

describe("the stretches of a recording that are looked at", () => {
  test.each([
    ["the last minute alone where nothing moved: nobody knows of it yet", [], hour, [seconds(3540, 3600)]],
    [
      "movement, with what comes before to learn the place and after to see somebody gone",
      [seconds(600, 610)],
      hour,
      [seconds(594, 623), seconds(3540, 3600)],
    ],
    [
      "two movements as one where the pause is too short to begin anew",
      [seconds(600, 610), seconds(650, 651)],
      hour,
      [seconds(594, 664), seconds(3540, 3600)],
    ],
    [
      "two apart where it is not",
      [seconds(700, 701), seconds(600, 610)],
      hour,
      [seconds(594, 623), seconds(694, 714), seconds(3540, 3600)],
    ],
    [
      "what is recorded, and no more",
      [seconds(600, 700)],
      [seconds(650, 900), seconds(3590, 3600)],
      [seconds(650, 713), seconds(3590, 3600)],
    ],
    ["nothing of what is not recorded", [seconds(600, 700)], [], []],
  ])("are %s", (_, moved, recorded, expected) => {
    expect(stretchesOf({ recorded, moved, nowMs, afterMs: 0 })).toEqual(expected);
  });

  test("go on for as long as a rule may still miss somebody", () => {
    const [first] = stretchesOf({ recorded: hour, moved: [seconds(600, 610)], nowMs, afterMs: 40_000 });
    expect(first).toEqual(seconds(594, 650));
  });

  test("are counted by their length", () => {
    expect(lengthMs([seconds(0, 10), seconds(20, 21)])).toBe(11_000);
  });
});
