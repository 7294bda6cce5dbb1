import { describe, expect, onTestFinished, test } from "vitest";
import { createMovement, type MovementConfig } from "../../../src/buffer/movement.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { MovementQuery, MovementSpan } from "../../../src/core/movement.ts";
import { addCell, cellAt, cellsOf, noCells } from "../../../src/core/movement-cells.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { until } from "../../support/until.ts";
import { scratchBuffer, scratchDatabase } from "./scratch.ts";

const DAY_MS = 86_400_000;

function span(fromMs: number, change: Partial<MovementSpan> = {}): MovementSpan {
  const cells = noCells();
  addCell(cells, cellAt([0.5, 0.5]));
  return { camera: "road", fromMs, toMs: fromMs + 1000, clock: "synced", zones: [], cells, ...change };
}

function moved(...points: readonly (readonly [number, number])[]): Uint8Array {
  const cells = noCells();
  for (const point of points) addCell(cells, cellAt(point));
  return cells;
}

async function setUp(config: MovementConfig = {}, startMs = 100 * DAY_MS) {
  const database = await scratchDatabase();
  const clock = createManualClock(startMs);
  const movement = createMovement(
    { database, clock, clockQuality: () => "synced", log: silentLogger },
    config,
  );
  await movement.start();
  onTestFinished(() => movement.stop());
  const find = async (query: Partial<MovementQuery> = {}) => {
    await movement.flush();
    const found = await movement.find({
      camera: "road",
      fromMs: 0,
      toMs: 9e12,
      order: "oldest",
      limit: 100,
      ...query,
    });
    return found;
  };
  const starts = async (query: Partial<MovementQuery> = {}) =>
    (await find(query)).spans.map(({ fromMs }) => fromMs);
  return { movement, find, starts, clock, database };
}

describe("the timeline of movement", () => {
  test("gives back what it was given", async () => {
    const { movement, find } = await setUp();
    const given = span(1_700_000_000_123, {
      zones: ["bank", "gate"],
      clock: "unsynced",
      cells: cellsOf([
        [0, 0],
        [1, 0],
        [1, 1],
      ]),
      path: { from: [0.5 / 16, 0.5 / 9], to: [15.5 / 16, 8.5 / 9] },
    });
    movement.add(given);
    expect((await find()).spans).toEqual([given]);
  });

  test("finds what touches a stretch of time, of one camera", async () => {
    const { movement, starts } = await setUp();
    for (const at of [1000, 5000, 9000]) movement.add(span(at));
    movement.add(span(5000, { camera: "gate" }));
    expect(await starts({ fromMs: 6000, toMs: 9000 })).toEqual([5000]);
    expect(await starts({ fromMs: 6001, toMs: 9001 })).toEqual([9000]);
    expect(await starts({ fromMs: -8e15, toMs: 8e15 })).toEqual([1000, 5000, 9000]);
    expect(await starts({ camera: "nowhere" })).toEqual([]);
  });

  test("finds by zone, without taking one zone's number for a part of another's", async () => {
    const { movement, starts } = await setUp();
    for (let zone = 1; zone <= 12; zone++) movement.add(span(zone * 1000, { zones: [`zone-${zone}`] }));
    expect(await starts({ zone: "zone-1" })).toEqual([1000]);
    expect(await starts({ zone: "zone-12" })).toEqual([12_000]);
    expect(await starts({ zone: "nowhere" })).toEqual([]);
  });

  test.each([
    ["top", [0.01, 0.01]],
    ["middle", [0.99, 0.5]],
    ["bottom", [0.99, 0.99]],
  ] as const)("finds by area, at the %s of the picture", async (_where, point) => {
    const { movement, starts } = await setUp();
    movement.add(span(1000, { cells: moved(point) }));
    movement.add(span(5000, { cells: moved([0.3, 0.3]) }));
    expect(await starts({ cells: moved(point) })).toEqual([1000]);
  });

  test("finds what crossed a drawn line, and to which side", async () => {
    const { movement, find } = await setUp();
    const line = [
      [0.2, 0.5],
      [0.8, 0.5],
    ] as const;
    const both = moved([0.5, 0.38], [0.5, 0.62]);
    movement.add(span(1000, { cells: both, path: { from: [0.5, 0.9], to: [0.5, 0.1] } }));
    movement.add(span(5000, { cells: both }));
    movement.add(span(9000, { cells: moved([0.5, 0.38]) }));
    movement.add(span(13_000, { cells: both, path: { from: [0.5, 0.1], to: [0.5, 0.9] } }));
    const { spans } = await find({ line });
    expect(spans.map(({ fromMs, towards }) => [fromMs, towards])).toEqual([
      [1000, "left"],
      [5000, undefined],
      [13_000, "right"],
    ]);
  });

  test.each(["oldest", "newest"] as const)("pages through everything once, %s first", async (order) => {
    const { movement, find } = await setUp();
    for (let i = 0; i < 25; i++) movement.add(span(1000 * Math.floor(i / 2)));
    const seen: number[] = [];
    let after: string | undefined;
    do {
      const page = await find({ order, limit: 4, after });
      seen.push(...page.spans.map(({ fromMs }) => fromMs));
      after = page.next;
    } while (after !== undefined);
    const expected = Array.from({ length: 25 }, (_, i) => 1000 * Math.floor(i / 2));
    expect(seen).toEqual(order === "oldest" ? expected : expected.reverse());
  });

  test("keeps spans apart that begin in the same millisecond, within a batch and after", async () => {
    const { movement, starts } = await setUp();
    movement.add(span(1000));
    movement.add(span(1000));
    await movement.flush();
    movement.add(span(1000));
    movement.add(span(1000));
    expect(await starts()).toEqual([1000, 1000, 1000, 1000]);
  });

  test.each(["", "1", "1.x", "NaN.0", "1e9.0", "99999999999999999999.0", "1.0; DROP TABLE movement"])(
    "refuses %j as the end of a page",
    async (after) => {
      const { movement, find } = await setUp();
      movement.add(span(1000));
      await expect(find({ after })).rejects.toMatchObject({ code: "movement.bad_cursor" });
    },
  );

  test("forgets what is older than it keeps", async () => {
    const { movement, starts, clock } = await setUp({ keepDays: 30 });
    movement.add(span(69 * DAY_MS));
    movement.add(span(71 * DAY_MS));
    await movement.flush();
    await clock.advance(10_000);
    await until(async () => (await starts()).length === 1);
    expect(await starts()).toEqual([71 * DAY_MS]);
  });

  test("keeps a bounded number of each camera, the newest", async () => {
    const { movement, starts, clock } = await setUp({ maxSpans: 3 });
    for (let i = 1; i <= 5; i++) movement.add(span(99 * DAY_MS + i));
    movement.add(span(99 * DAY_MS, { camera: "gate" }));
    await movement.flush();
    await clock.advance(10_000);
    await until(async () => (await starts()).length === 3);
    expect((await starts()).map((ms) => ms - 99 * DAY_MS)).toEqual([3, 4, 5]);
    expect(await starts({ camera: "gate" })).toHaveLength(1);
  });
});

describe("the book of crossings", () => {
  const crossed = (line: string, direction: string, at: string, snapshot?: string) => ({
    type: "org.cunshao.line.crossed",
    class: "state" as const,
    subject: line,
    data: { camera: "road", direction, at, ...(snapshot ? { snapshot } : {}) },
  });

  test("has who went over the lines from the ledger, and the counts of busy times", async () => {
    const { ledger, crossings } = await scratchBuffer();
    await ledger.append(crossed("gate", "in", "2026-07-01T06:00:00.000Z", "a".repeat(64)));
    await ledger.append(crossed("gate", "out", "2026-07-01T07:00:00.000Z"));
    await ledger.append({
      type: "org.cunshao.line.counted",
      class: "state",
      subject: "gate",
      data: {
        camera: "road",
        in: 7,
        out: 2,
        from: "2026-07-01T07:00:00.000Z",
        to: "2026-07-01T07:05:00.000Z",
      },
    });
    const [from, to] = [Date.parse("2026-07-01T00:00:00Z"), Date.parse("2026-07-02T00:00:00Z")];
    expect(await crossings.counts(from, to)).toEqual([{ line: "gate", in: 8, out: 3 }]);
    expect((await crossings.between(from, to, 10)).map((one) => [one.seq, one.in, one.out])).toEqual([
      [3, 7, 2],
      [2, 0, 1],
      [1, 1, 0],
    ]);
    expect(await crossings.between(from, to, 1, "nowhere")).toEqual([]);
  });

  test("takes no harm from events that are not what they should be", async () => {
    const { ledger, crossings } = await scratchBuffer();
    await ledger.append({ type: "org.cunshao.line.crossed", class: "state", data: {} });
    await ledger.append({
      type: "org.cunshao.line.counted",
      class: "state",
      subject: "gate",
      data: { in: -1 },
    });
    await ledger.append(crossed("gate", "in", "not a time"));
    expect(await crossings.counts(0, 9e12)).toEqual([{ line: "gate", in: 1, out: 0 }]);
  });
});

describe("movement for a bar", () => {
  const MINUTE_MS = 60_000;

  test("is added up in the parts of a stretch of time, of one camera", async () => {
    const { movement } = await setUp();
    for (const at of [0, 10_000, 20_000]) movement.add(span(at, { toMs: at + 5_000 }));
    movement.add(span(3 * MINUTE_MS));
    movement.add(span(4 * MINUTE_MS, { camera: "gate" }));
    await movement.flush();
    expect(await movement.density("road", 0, 10 * MINUTE_MS, 10)).toEqual([
      { fromMs: 0, toMs: 25_000, share: 0.6 },
      { fromMs: 3 * MINUTE_MS, toMs: 3 * MINUTE_MS + 1000, share: 1 },
    ]);
    expect(await movement.density("nowhere", 0, 10 * MINUTE_MS, 10)).toEqual([]);
  });

  test("has what reaches into the stretch, and nothing from outside of it", async () => {
    const { movement } = await setUp();
    movement.add(span(MINUTE_MS - 10_000, { toMs: MINUTE_MS + 5_000 }));
    movement.add(span(MINUTE_MS - 30_000, { toMs: MINUTE_MS - 20_000 }));
    movement.add(span(2 * MINUTE_MS - 5_000, { toMs: 2 * MINUTE_MS + 20_000 }));
    movement.add(span(2 * MINUTE_MS + 1));
    await movement.flush();
    const found = await movement.density("road", MINUTE_MS, 2 * MINUTE_MS, 60);
    expect(found.map(({ fromMs, toMs }) => [fromMs, toMs])).toEqual([
      [MINUTE_MS, MINUTE_MS + 5_000],
      [2 * MINUTE_MS - 5_000, 2 * MINUTE_MS],
    ]);
  });

  test("shows for a second what was seen once", async () => {
    const { movement } = await setUp();
    movement.add(span(5_000, { toMs: 5_000 }));
    await movement.flush();
    expect(await movement.density("road", 0, DAY_MS, 600)).toEqual([
      { fromMs: 5_000, toMs: 6_000, share: 1 },
    ]);
  });

  test("is never more than the parts asked for, however much there is", async () => {
    const { movement } = await setUp();
    for (let at = 0; at < 5_000; at++) movement.add(span(at * 17_000));
    await movement.flush();
    const found = await movement.density("road", 0, DAY_MS, 300);
    expect(found.length).toBeLessThanOrEqual(300);
    for (const { share } of found) expect(share).toBeGreaterThan(0);
  });
});
