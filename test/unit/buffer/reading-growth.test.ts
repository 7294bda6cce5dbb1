import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { createReadings } from "../../../src/buffer/readings.ts";
import { type Accumulation, grownBetween } from "../../../src/core/growth.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { isoTime } from "../../../src/core/time.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { scratchDatabase } from "./scratch.ts";

const GAUGE: Accumulation = { since: "power-up", wrapsAt: 6553.6 };

async function setUp() {
  const database = await scratchDatabase();
  const readings = createReadings({
    database,
    clock: createManualClock(),
    clockQuality: () => "synced",
    log: silentLogger,
  });
  onTestFinished(() => readings.stop());
  const add = (atMs: number, value: number | null, sensor = "rain"): void =>
    readings.add({ sensor, at: isoTime(atMs), value, quality: value === null ? "lost" : "good" });
  const grown = async (fromMs: number, toMs: number, parts: number) =>
    (await readings.curve("rain", fromMs, toMs, parts, GAUGE)).map(({ grown }) => grown);
  return { readings, add, grown };
}

describe("a curve of a sensor that counts up", () => {
  test("says of each part by how much it grew, from what was read before", async () => {
    const { readings, add, grown } = await setUp();
    for (const [atMs, value] of [
      [500, 10],
      [1_100, 10.4],
      [1_900, 11],
      [2_000, 11.2],
      [3_500, 11.2],
    ] as const) {
      add(atMs, value);
    }
    add(1_500, 99, "another");
    await readings.flush();
    expect(await grown(1_000, 4_000, 3)).toEqual([1, 0.2, 0]);
    // The very first reading of all tells of nothing that came.
    expect(await grown(0, 2_000, 2)).toEqual([0, 1]);
  });

  test("gives what came while nobody read to the part in which it was read again, and no growth to one without readings", async () => {
    const { readings, add, grown } = await setUp();
    add(100, 1);
    add(1_500, null);
    add(2_500, 5);
    await readings.flush();
    expect(await grown(0, 3_000, 3)).toEqual([0, null, 4]);
  });

  test("counts from zero where the gauge was switched off, and goes on over its end", async () => {
    const { readings, add, grown } = await setUp();
    [3, 4, 0.2, 0.6].forEach((value, index) => {
      add(100 * index, value);
    });
    [6553.2, 0.4].forEach((value, index) => {
      add(10_000 + 100 * index, value);
    });
    await readings.flush();
    expect(await grown(0, 9_000, 2)).toEqual([1.6]);
    expect(await grown(10_050, 11_000, 2)).toEqual([0.8]);
  });

  test("leaves levels as they are", async () => {
    const { readings, add } = await setUp();
    add(100, 1);
    await readings.flush();
    expect((await readings.curve("rain", 0, 1_000, 2))[0]).not.toHaveProperty("grown");
  });

  test("adds up to the same, however it is cut into parts", async () => {
    const step = fc.record({
      afterMs: fc.integer({ min: 1, max: 400 }),
      // Tenths of a millimetre as the register has them; now and then nobody answers.
      raw: fc.option(fc.integer({ min: 0, max: 65_535 }), { freq: 5 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 40 }),
        fc.array(fc.integer({ min: 1, max: 8_000 }), { maxLength: 3 }),
        fc.integer({ min: 2, max: 60 }),
        async (steps, cuts, parts) => {
          const { readings, add, grown } = await setUp();
          let atMs = 0;
          let before: number | undefined;
          let total = 0;
          for (const { afterMs, raw } of steps) {
            atMs += afterMs;
            const value = raw === null ? null : raw / 10;
            add(atMs, value);
            if (value === null) continue;
            if (before !== undefined) total += grownBetween(before, value, GAUGE);
            before = value;
          }
          await readings.flush();
          const edges = [...new Set([0, ...cuts, 20_000])].sort((a, b) => a - b);
          let sum = 0;
          for (const [index, from] of edges.slice(0, -1).entries()) {
            const found = await grown(from, edges[index + 1] ?? from, parts);
            sum += found.reduce<number>((all, one) => all + (one ?? 0), 0);
          }
          expect(sum).toBeCloseTo(total, 3);
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});
