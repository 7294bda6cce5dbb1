import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createLineDesk } from "../../../src/act/line-desk.ts";
import { silentLogger } from "../../../src/core/log.ts";
import type { LineCrossing } from "../../../src/core/movement.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { createLedgerDouble } from "../../support/stores-double.ts";

const MINUTE_MS = 60_000;

async function setUp() {
  const clock = createManualClock();
  const ledger = createLedgerDouble(clock);
  const pictures = { taken: 0, failing: false, room: true };
  const desk = createLineDesk({
    ledger: { append: (draft) => ledger.append(draft) },
    evidence: { put: async (content) => createHash("sha256").update(content).digest("hex") },
    hasRoom: () => pictures.room,
    async snapshot(camera) {
      pictures.taken++;
      if (pictures.failing) throw new Error("no picture");
      return Buffer.from(`${camera} ${pictures.taken}`);
    },
    clock,
    log: silentLogger,
  });
  await desk.start();
  const cross = (direction: "in" | "out", change: Partial<LineCrossing> = {}) =>
    desk.record({
      camera: "gate",
      line: "edge",
      direction,
      detector: "movement",
      box: { x: 0, y: 0, width: 0.1, height: 0.1 },
      at: clock.now(),
      ...change,
    });
  const events = async (type: string) =>
    (await ledger.read({ after: 0, limit: 10_000 })).filter(
      (event) => event.type === `org.cunshao.line.${type}`,
    );
  /** Everybody who went over, however it was recorded. */
  const total = async () => {
    const sum = { in: 0, out: 0 };
    for (const { data } of await events("crossed")) sum[data["direction"] as "in" | "out"]++;
    for (const { data } of await events("counted")) {
      sum.in += Number(data["in"]);
      sum.out += Number(data["out"]);
    }
    return sum;
  };
  return { clock, ledger, desk, cross, events, total, pictures };
}

describe("who goes over a line", () => {
  test("is in the ledger with direction and picture", async () => {
    const { cross, events } = await setUp();
    await cross("in");
    const [event] = await events("crossed");
    expect(event).toMatchObject({
      class: "state",
      subject: "edge",
      data: { camera: "gate", line: "edge", direction: "in", detector: "movement" },
    });
    expect(event?.data["snapshot"]).toMatch(/^[0-9a-f]{64}$/);
  });

  test("is in the ledger without a picture while the disk is down to its reserve", async () => {
    const { cross, events, pictures } = await setUp();
    pictures.room = false;
    await cross("in");
    expect((await events("crossed")).map(({ data }) => data["snapshot"])).toEqual([undefined]);
    expect(pictures.taken).toBe(0);
    pictures.room = true;
    await cross("in");
    expect(pictures.taken).toBe(1);
  });

  test("shares the picture with who goes over within the same second", async () => {
    const { cross, events, pictures, clock } = await setUp();
    await Promise.all([cross("in"), cross("out"), cross("in", { line: "other" })]);
    const shown = (await events("crossed")).map(({ data }) => data["snapshot"]);
    expect(new Set(shown).size).toBe(1);
    await clock.advance(1200);
    await cross("in");
    expect((await events("crossed")).at(-1)?.data["snapshot"]).toBeUndefined();
    expect(pictures.taken).toBe(1);
    await clock.advance(5000);
    await cross("in");
    expect(pictures.taken).toBe(2);
  });

  test("is in the ledger also when there is no picture", async () => {
    const { cross, events, pictures } = await setUp();
    pictures.failing = true;
    await cross("out");
    expect((await events("crossed")).map(({ data }) => [data["direction"], data["snapshot"]])).toEqual([
      ["out", undefined],
    ]);
  });

  test("is only counted on a busy road, and none is lost", async () => {
    const { cross, events, total, pictures, clock } = await setUp();
    for (let i = 0; i < 600; i++) {
      await cross(i % 3 === 0 ? "out" : "in");
      await clock.advance(1000);
    }
    await clock.advance(5 * MINUTE_MS);
    expect(await total()).toEqual({ in: 400, out: 200 });
    expect((await events("crossed")).length).toBeLessThanOrEqual(6 + 61);
    expect((await events("counted")).length).toBeLessThanOrEqual(3);
    expect(pictures.taken).toBeLessThanOrEqual(67);
  });

  test("leaves at most so many pictures a day", async () => {
    const { cross, pictures, clock, total } = await setUp();
    for (let i = 0; i < 4000; i++) {
      await cross("in");
      await clock.advance(10_500);
    }
    expect(pictures.taken).toBeLessThanOrEqual(500 + (500 * 4000 * 10.5) / 86_400 + 1);
    expect((await total()).in).toBe(4000);
  });

  test("stays counted while the ledger takes nothing, and is told when it does again", async () => {
    const { cross, total, ledger, clock, desk } = await setUp();
    ledger.failing = true;
    await cross("in");
    await clock.advance(6 * MINUTE_MS);
    ledger.failing = false;
    expect(await total()).toEqual({ in: 0, out: 0 });
    await desk.stop();
    expect(await total()).toEqual({ in: 1, out: 0 });
  });
});
