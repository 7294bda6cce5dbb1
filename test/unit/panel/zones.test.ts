import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { bearer, makeServer, PASSWORD_HASH, type PanelServer } from "./panel-fixture.ts";

const polygon = [
  [0.1, 0.3],
  [0.9, 0.3],
  [0.9, 1],
  [0.1, 1],
];
const line = (y: number) => [
  [0.05, y],
  [0.95, y],
];
const waterline = {
  sensor: "pond-level",
  lines: [
    { level: 2, line: line(0.8) },
    { level: 3, line: line(0.6) },
  ],
};
const BANK = "/api/v1/cameras/pond-east/zones/bank";

let server: PanelServer;

// One server for all: what a test draws it puts back.
beforeAll(async () => {
  server = await makeServer(createSteppedClock());
  await server.zones.start();
});
afterAll(() => server.app.close());

const loggedIn = new Map<string, Promise<Record<string, string>>>();
function logInAs(role: string): Promise<Record<string, string>> {
  const known = loggedIn.get(role) ?? logIn(role);
  loggedIn.set(role, known);
  return known;
}

async function logIn(role: string): Promise<Record<string, string>> {
  await server.accounts.save({ username: role, passwordHash: PASSWORD_HASH, role });
  return { cookie: await server.logIn(role) };
}

const draw = (payload: object, headers: Record<string, string>, url = BANK) =>
  server.app.inject({ method: "PUT", url, headers, payload });
const restore = (headers: Record<string, string>, url = `${BANK}/drawing`) =>
  server.app.inject({ method: "DELETE", url, headers });
const list = async (headers: Record<string, string>) =>
  (await server.app.inject({ url: "/api/v1/cameras/pond-east/zones", headers })).json();

describe("a zone drawn over the API", () => {
  test("holds at once and for everybody, is in the audit, and is put back", async () => {
    const technician = await logInAs("technician");
    const viewer = await logInAs("viewer");
    const [before] = await list(viewer);
    const answer = await draw({ polygon }, technician);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({ id: "bank", polygon, drawn: { by: "technician" } });
    expect(await list(viewer)).toEqual([answer.json()]);
    const cameras = (await server.app.inject({ url: "/api/v1/cameras", headers: viewer })).json();
    expect(cameras[0].zones).toEqual([answer.json()]);
    expect((await restore(technician)).json()).toEqual(before);
    const audit = await server.ledger.read({ after: 0, limit: 100, class: "audit" });
    expect(audit.filter(({ type }) => type.includes(".zone."))).toMatchObject([
      { type: "org.cunshao.zone.drawn", data: { zone: "bank", polygon, by: { name: "technician" } } },
      { type: "org.cunshao.zone.restored", data: { zone: "bank", by: { name: "technician" } } },
    ]);
  });

  test("follows the level of its sensor by the lines that were tapped", async () => {
    const technician = await logInAs("technician");
    expect((await draw({ polygon, waterline }, technician)).json()).toMatchObject({
      whole: polygon,
      waterline: { ...waterline, margin: 0.1 },
      water: { state: "waiting", level: 3 },
    });
    const at = { wallMs: 0, monotonicMs: 1 };
    server.levels.emit({ kind: "reading", sensor: "pond-level", value: 2.5, unit: "m", quality: "good", at });
    const [bank] = await list(technician);
    expect(bank.water).toEqual({ state: "following", level: 2.5, line: line(0.7) });
    expect(bank.polygon).not.toEqual(polygon);
    await restore(technician);
  });

  test.each(["viewer", "operator"])("is not for a %s", async (role) => {
    const headers = await logInAs(role);
    expect((await draw({ polygon }, headers)).statusCode).toBe(403);
    expect((await restore(headers)).statusCode).toBe(403);
    expect((await list(headers))[0].drawn).toBeUndefined();
  });

  test("is not for the township, nor for strangers", async () => {
    expect((await draw({ polygon }, bearer)).statusCode).toBe(403);
    expect((await draw({ polygon }, {})).statusCode).toBe(401);
    expect((await restore({})).statusCode).toBe(401);
  });

  test.each<[string, object, number, string]>([
    ["no outline", {}, 400, "request.invalid"],
    ["an outline in words", { polygon: "all" }, 400, "request.invalid"],
    ["corners that are none", { polygon: [1, 2, 3] }, 400, "request.invalid"],
    [
      "corners of three numbers",
      { polygon: polygon.map((corner) => [...corner, 0]) },
      400,
      "request.invalid",
    ],
    [
      "a thousand corners",
      { polygon: Array.from({ length: 1000 }, () => [0.1, 0.1]) },
      400,
      "request.invalid",
    ],
    ["something unknown", { polygon, color: "red" }, 400, "request.invalid"],
    ["two corners", { polygon: polygon.slice(2) }, 422, "outline.corners"],
    ["a corner outside", { polygon: [...polygon, [-0.1, 0.5]] }, 422, "outline.outside"],
    ["a corner without end", { polygon: [...polygon, [1e300, 0.5]] }, 422, "outline.outside"],
    [
      "sides that cross",
      { polygon: [polygon[0], polygon[2], polygon[1], polygon[3]] },
      422,
      "outline.crosses",
    ],
    ["nothing enclosed", { polygon: polygon.map(([x]) => [x, 0.5]) }, 422, "outline.crosses"],
    [
      "hardly anything enclosed",
      {
        polygon: [
          [0.5, 0.5],
          [0.51, 0.5],
          [0.5, 0.51],
        ],
      },
      422,
      "outline.empty",
    ],
    [
      "an unknown sensor",
      { polygon, waterline: { ...waterline, sensor: "__proto__" } },
      422,
      "waterline.unknown_sensor",
    ],
    ["no lines", { polygon, waterline: { ...waterline, lines: [] } }, 422, "waterline.levels"],
    [
      "a level in words",
      { polygon, waterline: { ...waterline, lines: [{ level: "2", line: line(0.8) }] } },
      400,
      "request.invalid",
    ],
    [
      "ninety lines",
      {
        polygon,
        waterline: {
          ...waterline,
          lines: Array.from({ length: 90 }, (_, level) => ({ level, line: line(0.5) })),
        },
      },
      400,
      "request.invalid",
    ],
    [
      "lines that are the same",
      {
        polygon,
        waterline: {
          ...waterline,
          lines: [
            { level: 2, line: line(0.8) },
            { level: 3, line: line(0.8) },
          ],
        },
      },
      422,
      "waterline.no_rise",
    ],
  ])("with %s is refused with its reason, and nothing changes", async (_what, drawing, status, code) => {
    const headers = await logInAs("technician");
    const before = await list(headers);
    const answer = await draw(drawing, headers);
    expect(answer.json()).toMatchObject({ status, code });
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(await list(headers)).toEqual(before);
  });

  test.each([
    ["/api/v1/cameras/nowhere/zones/bank", "camera.unknown"],
    ["/api/v1/cameras/pond-east/zones/nowhere", "zone.unknown"],
    ["/api/v1/cameras/pond-east/zones/constructor", "zone.unknown"],
  ])("at %s is not there", async (url, code) => {
    const headers = await logInAs("technician");
    expect((await draw({ polygon }, headers, url)).json()).toMatchObject({ status: 404, code });
    expect((await restore(headers, `${url}/drawing`)).json()).toMatchObject({ status: 404, code });
  });
});

describe("a zone that two people draw at the same time", () => {
  test("is refused to the second of two who drew over the same, who learns it and may draw over it knowingly", async () => {
    const [first, second] = [await logInAs("technician"), await logInAs("administrator")];
    const { drawn } = (await draw({ polygon, over: null }, first)).json();
    const late = await draw({ polygon, over: null }, second);
    expect([late.statusCode, late.json()]).toMatchObject([409, { code: "zone.changed" }]);
    expect(late.json().detail).toContain("technician");
    expect((await draw({ polygon, over: drawn.at }, second)).json()).toMatchObject({
      drawn: { by: "administrator" },
    });
    await restore(first);
    expect((await draw({ polygon, over: drawn.at }, second)).json().code).toBe("zone.changed");
    expect((await draw({ polygon }, second)).statusCode).toBe(200);
    await restore(first);
  });
});
