import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { bearer, makeServer, type PanelServer } from "./panel-fixture.ts";

let server: PanelServer;

beforeEach(async () => {
  server = await makeServer(createSteppedClock());
});
afterEach(() => server.app.close());

const get = (path: string) => server.app.inject({ url: `/api/v1${path}`, headers: bearer });

describe("sensors", () => {
  test("give a curve of a day or a season, in parts", async () => {
    const span = "from=2026-07-01T00:00:00Z&to=2026-07-01T01:00:00Z";
    server.readings.add({ sensor: "pond-level", at: "2026-07-01T00:10:00.000Z", value: 2, quality: "good" });
    server.readings.add({
      sensor: "pond-level",
      at: "2026-07-01T00:11:00.000Z",
      value: null,
      quality: "lost",
    });
    const answer = await get(`/sensors/pond-level/curve?${span}&parts=2`);
    expect(answer.json()).toEqual([
      {
        from: "2026-07-01T00:00:00.000Z",
        to: "2026-07-01T00:30:00.000Z",
        ...{ low: 2, high: 2, mean: 2, lost: 1, invalid: 0 },
      },
    ]);
    for (const [query, status] of [
      ["", 400],
      ["from=2026-07-01T00:00:00Z&to=2026-07-01T00:00:00Z", 400],
      ["from=2024-01-01T00:00:00Z&to=2026-07-01T00:00:00Z", 400],
      [`${span}&parts=100000`, 400],
    ] as const) {
      expect((await get(`/sensors/pond-level/curve?${query}`)).statusCode).toBe(status);
    }
    expect((await get(`/sensors/nowhere/curve?${span}`)).statusCode).toBe(404);
  });

  test("that count up tell what came in the last hours, and of each part by how much it grew", async () => {
    const sums = { 1: 0.6, 3: 0.6, 6: 0.6, 12: 0.6, 24: 0.6 };
    const rain = {
      ...{ id: "rain", name: "雨量", unit: "mm", value: 10.6, quality: "good" as const },
      accumulates: { since: "power-up" as const, wrapsAt: 6553.6 },
      sums,
    };
    server.village.update({ sensors: [rain] });
    for (const [minute, value] of [
      ["00", 10],
      ["10", 10.4],
      ["40", 10.6],
    ] as const) {
      server.readings.add({ sensor: "rain", at: `2026-07-01T00:${minute}:00.000Z`, value, quality: "good" });
    }
    expect((await get("/sensors")).json()).toMatchObject([{ accumulates: { since: "power-up" }, sums }]);
    const span = "from=2026-07-01T00:00:00Z&to=2026-07-01T01:00:00Z";
    const parts = (await get(`/sensors/rain/curve?${span}&parts=2`)).json<{ grown: number }[]>();
    expect(parts.map(({ grown }) => Number(grown.toFixed(3)))).toEqual([0.4, 0.2]);
  });
});
