import { beforeEach, describe, expect, test } from "vitest";
import { cellsOf } from "../../../src/core/movement-cells.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { bearer, makeServer, type PanelServer } from "./panel-fixture.ts";

const NOW = "2026-07-02T06:00:00.000Z";
const DAY_MS = 86_400_000;

let server: PanelServer;
beforeEach(async () => {
  server = await makeServer(createManualClock(Date.parse(NOW)));
});

const REASON = "找走失的孩子";
const withReason = (query: string, reason = REASON): string =>
  `${query === "" ? "?" : `${query}&`}reason=${encodeURIComponent(reason)}`;
const get = (path: string) => server.app.inject({ url: `/api/v1/${path}`, headers: bearer });
const ask = (query = "", camera = "pond-east", reason = REASON) =>
  get(`cameras/${camera}/movement${withReason(query, reason)}`);

async function searches(what = "movement") {
  const events = await server.ledger.latest(1000);
  return events.filter(({ type }) => type === `org.cunshao.${what}.searched`);
}

describe("GET /cameras/<id>/movement", () => {
  test("answers with spans and where to begin playing", async () => {
    const fromMs = Date.parse("2026-07-01T20:00:00.000Z");
    const cells = cellsOf([
      [0, 0],
      [0.01, 0],
      [0.01, 0.01],
    ]);
    server.movement.add({
      camera: "pond-east",
      fromMs,
      toMs: fromMs + 4000,
      clock: "synced",
      zones: ["bank"],
      cells,
    });
    const answer = await ask("?zone=bank");
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      spans: [
        {
          from: "2026-07-01T20:00:00.000Z",
          to: "2026-07-01T20:00:04.000Z",
          jumpTo: "2026-07-01T19:59:57.000Z",
          clock: "synced",
          zones: ["bank"],
          cells: `01${"00".repeat(17)}`,
        },
      ],
    });
  });

  test("asks for the last day, oldest first, unless told otherwise", async () => {
    await ask();
    await ask(
      "?from=2026-07-01T18:00:00%2B08:00&to=2026-07-01T20:00:00%2B08:00&order=newest&limit=5&after=1.0",
    );
    const [usual, told] = server.movement.asked;
    expect(usual).toMatchObject({
      fromMs: Date.parse(NOW) - DAY_MS,
      toMs: Date.parse(NOW),
      order: "oldest",
      limit: 200,
    });
    expect(told).toMatchObject({
      fromMs: Date.parse("2026-07-01T10:00:00Z"),
      toMs: Date.parse("2026-07-01T12:00:00Z"),
      order: "newest",
      limit: 5,
      after: "1.0",
    });
  });

  test("reads a line and an area", async () => {
    expect((await ask("?line=0,0.5,1,0.5&area=0,0,1,0,1,1")).statusCode).toBe(200);
    expect(server.movement.asked[0]?.line).toEqual([
      [0, 0.5],
      [1, 0.5],
    ]);
    expect(server.movement.asked[0]?.cells).toHaveLength(18);
  });

  test.each([
    ["?from=yesterday", 400, "request.invalid"],
    ["?from=1000000-01-01T00:00:00Z", 400, "request.invalid"],
    ["?from=2026-07-02T00:00:00Z&to=2026-07-01T00:00:00Z", 400, "request.invalid"],
    ["?limit=0", 400, "request.invalid"],
    ["?limit=1000000", 400, "request.invalid"],
    ["?limit=NaN", 400, "request.invalid"],
    ["?order=random", 400, "request.invalid"],
    ["?line=0,0.5", 400, "request.invalid"],
    ["?line=0,0.5,1", 400, "request.invalid"],
    ["?line=NaN,0.5,1,0.5", 400, "request.invalid"],
    ["?line=-1,0.5,1,0.5", 400, "request.invalid"],
    ["?line=,,,", 400, "request.invalid"],
    ["?line=1e-1,0,1,1", 400, "request.invalid"],
    ["?area=0,0,1,1", 400, "request.invalid"],
    [`?area=${Array.from({ length: 65 }, () => "0.5,0.5").join(",")}`, 400, "request.invalid"],
    [`?area=${"0.1,".repeat(5000)}0.1`, 400, "request.invalid"],
    [`?after=${"9".repeat(50)}`, 400, "request.invalid"],
    ["?zone=nowhere", 404, "zone.unknown"],
    ["?from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59Z", 422, "movement.too_long"],
    ["?from=2026-05-31T05:00:00Z", 422, "movement.too_long"],
  ])("refuses %.60s", async (query, status, code) => {
    const answer = await ask(query);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(server.movement.asked).toEqual([]);
    expect(await searches()).toEqual([]);
  });

  test("refuses a camera that is not there", async () => {
    expect((await ask("", "nowhere")).json().code).toBe("camera.unknown");
  });

  test("refuses a time that has not come yet", async () => {
    const answer = await ask("?from=2026-07-02T07:00:00Z&to=2026-07-02T08:00:00Z");
    expect([answer.statusCode, answer.json().code]).toEqual([422, "movement.future"]);
    expect(await searches()).toEqual([]);
  });

  test("finds what a clock that was ahead has left in the future", async () => {
    const fromMs = Date.parse("2026-07-02T07:30:00Z");
    const cells = new Uint8Array(18);
    server.movement.add({ camera: "pond-east", fromMs, toMs: fromMs, clock: "unsynced", zones: [], cells });
    const answer = await ask("?from=2026-07-02T07:00:00Z&to=2026-07-02T08:00:00Z");
    expect(answer.json().spans).toMatchObject([{ clock: "unsynced" }]);
  });

  test.each([[""], ["?reason="], ["?reason=%20x%20"], [`?reason=${"x".repeat(201)}`]])(
    "asks nothing without a reason (%s)",
    async (query) => {
      const answer = await get(`cameras/pond-east/movement${query}`);
      expect([answer.statusCode, answer.json().code]).toEqual([400, "request.invalid"]);
      expect(server.movement.asked).toEqual([]);
    },
  );

  test("is in the audit: who, where, when and why, once for who goes on with the same search", async () => {
    await ask("?zone=bank&from=2026-07-01T18:00:00Z");
    await ask("?zone=bank&from=2026-07-01T19:00:00Z&after=1.0");
    await ask("?line=0,0.5,1,0.5");
    expect(
      (await searches()).map(({ class: eventClass, subject, data }) => [eventClass, subject, data]),
    ).toEqual([
      [
        "audit",
        "pond-east",
        expect.objectContaining({
          line: [
            [0, 0.5],
            [1, 0.5],
          ],
        }),
      ],
      [
        "audit",
        "pond-east",
        {
          address: "127.0.0.1",
          by: { kind: "township", name: "township", role: "township" },
          camera: "pond-east",
          from: "2026-07-01T18:00:00.000Z",
          to: NOW,
          zone: "bank",
          reason: REASON,
        },
      ],
    ]);
  });

  test("is in the audit again for another reason and for a time not asked for before", async () => {
    await ask("?from=2026-07-01T18:00:00Z");
    await ask("?from=2026-07-01T18:00:00Z", "pond-east", "核实报警");
    await ask("?from=2026-06-20T18:00:00Z&to=2026-06-21T18:00:00Z");
    expect((await searches()).map(({ data }) => [data["reason"], data["from"]])).toEqual([
      [REASON, "2026-06-20T18:00:00.000Z"],
      ["核实报警", "2026-07-01T18:00:00.000Z"],
      [REASON, "2026-07-01T18:00:00.000Z"],
    ]);
  });

  test("still answers when the audit cannot be written", async () => {
    server.ledger.failing = true;
    expect((await ask()).statusCode).toBe(200);
  });
});

describe("who went over the lines", () => {
  beforeEach(async () => {
    const [camera] = server.village.state().cameras;
    const points = [
      [0, 0.5],
      [1, 0.5],
    ] as const;
    if (camera) {
      server.village.update({
        cameras: [{ ...camera, lines: [{ id: "edge", name: "村口", points, inside: "left" }] }],
      });
    }
    const cross = (direction: string, at: string) =>
      server.ledger.append({
        type: "org.cunshao.line.crossed",
        class: "state",
        subject: "edge",
        data: { camera: "pond-east", direction, at },
      });
    // Midnight of the village is at 16:00 UTC.
    await cross("in", "2026-07-01T15:59:00.000Z");
    await cross("in", "2026-07-01T16:01:00.000Z");
    await cross("out", "2026-07-02T01:00:00.000Z");
  });

  test("is counted since the village's own midnight", async () => {
    const answer = await server.app.inject({ url: "/api/v1/lines", headers: bearer });
    expect(answer.json()).toMatchObject({
      since: "2026-07-01T16:00:00.000Z",
      lines: [{ id: "edge", name: "村口", camera: "pond-east", in: 1, out: 1 }],
      latest: [{ out: 1 }, { in: 1 }],
    });
  });

  test("is found at any time", async () => {
    const find = (query: string) => get(`crossings${withReason(query)}`);
    expect((await find("?from=2026-07-01T00:00:00Z&line=edge")).json()).toHaveLength(3);
    expect((await find("?line=nowhere")).json().code).toBe("line.unknown");
    expect((await find("?from=2026-07-03T00:00:00Z")).json().code).toBe("request.invalid");
    expect((await find("?limit=1e9")).json().code).toBe("request.invalid");
  });

  test("is in the audit with the reason, and not told without one", async () => {
    expect((await get("crossings?line=edge")).json().code).toBe("request.invalid");
    expect(await searches("crossings")).toEqual([]);
    await get(`crossings${withReason("?line=edge")}`);
    const [search] = await searches("crossings");
    expect(search).toMatchObject({ class: "audit", subject: "edge", data: { reason: REASON, to: NOW } });
  });
});
