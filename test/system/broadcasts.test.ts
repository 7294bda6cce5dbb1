import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { runBroadcasts } from "../safety/broadcasts.ts";
import { withRightClock } from "../support/right-clock.ts";

// The short form of `npm run broadcasts`.

const COUNT = 200;
const LANES = 2;
const missing = [
  ...["ffmpeg", "espeak-ng", "socat"].filter((command) => spawnSync("which", [command]).status !== 0),
  ...(withRightClock() ? [] : ["a clock that is right, or unshare"]),
];

test.skipIf(missing.length > 0)(
  `random broadcasts from every source: the highest class sounds, amplifiers are on for sound only, the night is quiet, each ends once${missing.map((what) => ` (needs ${what})`)}`,
  async () => {
    const seed = Date.now() % 1_000_000_000;
    const { failures, broadcasts, results, sources } = await runBroadcasts(
      { count: COUNT, seed, lanes: LANES },
      () => {},
    );
    expect(failures, `seed ${seed}`).toEqual([]);
    expect(broadcasts).toBeGreaterThanOrEqual(COUNT);
    // It would prove nothing if nothing happened in it; each of these is in it whatever chance brings.
    for (const result of ["played", "preempted", "stopped", "refused", "failed", "refused before"]) {
      expect(results[result] ?? 0, result).toBeGreaterThan(0);
    }
    for (const source of ["rule", "person", "township", "drill"]) {
      expect(sources[source] ?? 0, source).toBeGreaterThan(0);
    }
  },
);
