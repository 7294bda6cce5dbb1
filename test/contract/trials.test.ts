import { describe, expect, test } from "vitest";
import { CONDITIONS } from "../../hw/virtual/scene/trials/conditions.ts";
import { peopleObstacle, realPeople } from "../trials/people.ts";
import { figuresOf } from "../trials/trial-table.ts";
import { tryCondition } from "../trials/try-condition.ts";

// The short form of `npm run scenes`: rendered places, the built `cunshao evaluate`.

const EMPTY_SECONDS = 6;
const LONG_MS = 240_000;

/** Movement takes waves, ducks and headlights for somebody; of it only a place where nothing happens is asked. */
const QUIET = ["still", "infrared"];

describe("with nobody there", () => {
  test.each(CONDITIONS.map((condition) => [condition.name, condition] as const))(
    "%s is judged whole, and raises no alarm unless movement alone is looked for in what moves",
    async (name, condition) => {
      const trial = await tryCondition({
        seed: 1,
        condition,
        emptySeconds: EMPTY_SECONDS,
        walks: 0,
        people: [],
      });
      const { falseAlarms, emptyMinutes } = figuresOf(trial.clips);
      expect(emptyMinutes).toBe(EMPTY_SECONDS / 60);
      if (trial.detector !== "movement" || QUIET.includes(name)) expect(falseAlarms).toBe(0);
    },
    LONG_MS,
  );
});

const obstacle = peopleObstacle();
test.skipIf(obstacle !== undefined)(
  `real people near and at middle distance are found within 1.5 s (${obstacle ?? "../shared/footage"})`,
  async () => {
    const condition = CONDITIONS.find(({ name }) => name === "still");
    if (!condition) throw new Error("no such condition");
    const people = await realPeople(1);
    const { clips } = await tryCondition({ seed: 1, condition, emptySeconds: 0, walks: 1, people });
    const figures = figuresOf(clips.filter(({ size }) => size !== "far"));
    expect(figures).toMatchObject({ walks: 6, found: 6 });
    expect(figures.latencySeconds.p95).toBeLessThanOrEqual(1.5);
    expect(clips.reduce((sum, { result }) => sum + result.falseAlarms, 0)).toBe(0);
  },
  LONG_MS,
);
