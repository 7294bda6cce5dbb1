import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterReading, unread, type WaterLevel } from "../../../src/sense/water-level.ts";

/** The measured range is a metre: a hundredth is 1 cm, a twentieth 5 cm. */
const LEVELS = [2, 2.5, 3];
type Seen = number | "lost" | "invalid";

/** What holds after each of these readings, `everySeconds` apart. */
function heldAfter(seen: readonly Seen[], everySeconds = 5): WaterLevel[] {
  let level = unread(LEVELS);
  return seen.map((each, index) => {
    const at = { wallMs: 0, monotonicMs: index * everySeconds * 1000 };
    const reading =
      typeof each === "number" ? { value: each, quality: "good" as const } : { value: null, quality: each };
    level = afterReading(level, { ...reading, at }, LEVELS);
    return level;
  });
}

const told = (levels: readonly WaterLevel[]) => levels.map(({ state, level }) => `${state} ${level}`);

describe("the level whose line holds", () => {
  test("is the highest before the first reading", () => {
    expect(unread(LEVELS)).toMatchObject({ state: "waiting", level: 3 });
  });

  test.each<[string, readonly Seen[], string]>([
    ["is that of the first reading", [2.2], "following 2.2"],
    ["stays for a ripple", [2.2, 2.205, 2.19, 2.209], "following 2.2"],
    ["rises with the water at once", [2.2, 2.22], "following 2.22"],
    ["stays with the crests of waves", [2.2, 2.4, 2.1, 2.4, 2.1], "following 2.4"],
    ["may lie beyond what was measured", [4.2], "following 4.2"],
    ["is the next measured line when the sensor is lost", [2.2, "lost"], "lost 2.5"],
    ["is the next measured line when the sensor has no value", [2.2, "invalid"], "lost 2.5"],
    ["is the line itself when the sensor is lost at it", [2.5, "lost"], "lost 2.5"],
    ["is the highest when the sensor is lost above all lines", [3.4, "lost"], "lost 3"],
    ["is the highest when the sensor never says anything", ["lost", "lost"], "lost 3"],
    ["holds while a sensor stutters", [2.2, "lost", 2.1, 2.1, "invalid", 2.1, 2.1], "lost 2.5"],
    ["rises meanwhile if it has to", [2.2, "lost", 2.7], "lost 2.7"],
    ["is followed again after three good readings", [2.2, "lost", 2.1, 2.1, 2.12], "following 2.12"],
  ])("%s", (_what, seen, expected) => {
    expect(told(heldAfter(seen)).at(-1)).toBe(expected);
  });

  test("falls a minute after the last crest, and not for a ripple", () => {
    const falls = told(heldAfter([2.4, ...Array.from({ length: 13 }, () => 2.3)]));
    expect(falls.slice(0, 12).every((each) => each === "following 2.4")).toBe(true);
    expect(falls.at(-1)).toBe("following 2.3");
    expect(told(heldAfter([2.4, ...Array.from({ length: 99 }, () => 2.36)])).at(-1)).toBe("following 2.4");
  });

  test("is the highest after an hour without a reading", () => {
    const lost = Array.from({ length: 62 }, () => "lost" as const);
    const levels = told(heldAfter([2.2, ...lost], 60));
    expect(levels[60]).toBe("lost 2.5");
    expect(levels.at(-1)).toBe("lost 3");
  });

  test("says once what is wrong: the first that was", () => {
    const seen = heldAfter([2.2, "invalid", "lost", 2.2, "lost", 2.2, 2.2, 2.2]);
    expect(seen.map(({ fault }) => fault)).toEqual([
      undefined,
      ...Array.from({ length: 6 }, () => "waterline.sensor_invalid"),
      undefined,
    ]);
  });

  test("is never below the last reading by more than a hundredth of the range, nor below the last good one while lost", () => {
    const anySeen: fc.Arbitrary<Seen> = fc.oneof(
      fc.double({ min: 1.5, max: 3.5, noNaN: true }),
      fc.constantFrom<Seen>("lost", "invalid"),
    );
    fc.assert(
      fc.property(fc.array(anySeen, { minLength: 1, maxLength: 40 }), (seen) => {
        let lastGood = 0;
        for (const [index, { level, state }] of heldAfter(seen).entries()) {
          const reading = seen[index];
          if (typeof reading === "number") lastGood = reading;
          const known = state === "lost" ? Math.min(lastGood, 3) : lastGood;
          expect(level).toBeGreaterThanOrEqual(known - 0.01 - 1e-9);
        }
      }),
    );
  });
});
