import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { bearer, makeServer, PASSWORD_HASH, type PanelServer } from "./panel-fixture.ts";

const points = [
  [0.1, 0.5],
  [0.9, 0.6],
];
const polygon = [
  [0, 0.5],
  [0.3, 0.5],
  [0.3, 1],
];
const LINE = "/api/v1/cameras/pond-east/lines/line-1";
const MASK = "/api/v1/cameras/pond-east/masks/mask-1";
const line = { name: "塘埂", points, inside: "left" };
const mask = { name: "院子", polygon };
/** As large as a body may be, and larger. */
const GIANT = `{"name":"x","inside":"left","points":[${"[0.1,0.2],".repeat(500_000)}[0.3,0.4]]}`;

let server: PanelServer;
const cookies = new Map<string, string>();

// One server for all: what a test draws it takes out again.
beforeAll(async () => {
  server = await makeServer(createSteppedClock());
  for (const role of ["viewer", "operator", "technician", "administrator", "township"] as const) {
    await server.accounts.save({ username: role, passwordHash: PASSWORD_HASH, role });
    cookies.set(role, await server.logIn(role));
  }
});
afterAll(() => server.app.close());

const ask = (
  method: "GET" | "PUT" | "DELETE" | "POST",
  url: string,
  payload?: object,
  headers: Record<string, string> = { cookie: cookies.get("technician") ?? "" },
) => server.app.inject({ method, url, headers, ...(payload && { payload }) });
const as = (role: string) => ({ cookie: cookies.get(role) ?? "" });
const camera = async () => (await ask("GET", "/api/v1/cameras")).json()[0];

describe("a line and a mask over the API", () => {
  test("are drawn, told to everybody, and taken out", async () => {
    const drawn = await ask("PUT", LINE, { ...line, over: null });
    expect([drawn.statusCode, drawn.json()]).toMatchObject([
      200,
      { id: "line-1", ...line, added: true, drawn: { by: "technician" } },
    ]);
    const masked = await ask("PUT", MASK, { ...mask, over: null });
    expect(masked.json()).toMatchObject({ id: "mask-1", ...mask, drawn: { by: "technician" } });
    expect((await ask("GET", "/api/v1/cameras/pond-east/lines", undefined, as("viewer"))).json()).toEqual([
      drawn.json(),
    ]);
    expect(await camera()).toMatchObject({ lines: [drawn.json()], masks: [masked.json()] });
    expect((await ask("DELETE", LINE, {})).statusCode).toBe(204);
    const unsaid = await ask("DELETE", MASK, {});
    expect([unsaid.statusCode, unsaid.json().code]).toEqual([422, "mask.reason_needed"]);
    expect((await ask("DELETE", MASK, { reason: "院墙修好了" })).statusCode).toBe(204);
    expect(await camera()).toMatchObject({ lines: [], masks: [] });
    const audit = await server.ledger.read({ after: 0, limit: 100, class: "audit" });
    expect(audit.filter(({ type }) => /\.(line|mask)\./.test(type))).toMatchObject([
      { type: "org.cunshao.line.drawn", data: { line: "line-1", by: { name: "technician" } } },
      { type: "org.cunshao.mask.drawn", data: { mask: "mask-1", polygon } },
      { type: "org.cunshao.line.removed", data: { name: "塘埂" } },
      { type: "org.cunshao.mask.removed", data: { name: "院子", reason: "院墙修好了" } },
    ]);
  });

  test("are refused to the second of two who drew over the same", async () => {
    const { drawn } = (await ask("PUT", LINE, { ...line, over: null })).json();
    const late = await ask("PUT", LINE, { ...line, name: "别的", over: null }, as("administrator"));
    expect([late.statusCode, late.json().code]).toEqual([409, "line.changed"]);
    expect(late.json().detail).toContain("technician");
    expect(
      (await ask("PUT", LINE, { ...line, name: "别的", over: drawn.at }, as("administrator"))).statusCode,
    ).toBe(200);
    expect((await ask("DELETE", LINE, {})).statusCode).toBe(204);
  });

  test.each(["viewer", "operator", "township"])("are not for a %s", async (role) => {
    for (const [method, url, body] of [
      ["PUT", LINE, line],
      ["PUT", MASK, mask],
      ["DELETE", LINE, {}],
      ["POST", `${MASK}/restoration`, {}],
    ] as const) {
      expect((await ask(method, url, body, as(role))).statusCode).toBe(403);
    }
    expect(await camera()).toMatchObject({ lines: [], masks: [] });
  });

  test("are not for a machine of the township, nor for strangers", async () => {
    expect((await ask("PUT", MASK, mask, bearer)).statusCode).toBe(403);
    expect((await ask("PUT", MASK, mask, {})).statusCode).toBe(401);
  });

  test.each<[string, string, object, number, string]>([
    [
      "a point that is no number",
      LINE,
      { ...line, points: [[0.1, Number.NaN], points[1]] },
      400,
      "request.invalid",
    ],
    ["a point in words", LINE, { ...line, points: [["0.1", "0.5"], points[1]] }, 400, "request.invalid"],
    [
      "points of three numbers",
      LINE,
      { ...line, points: points.map((one) => [...one, 0]) },
      400,
      "request.invalid",
    ],
    [
      "17 points",
      LINE,
      { ...line, points: Array.from({ length: 17 }, (_, i) => [i / 20, 0.5]) },
      400,
      "request.invalid",
    ],
    ["no side", LINE, { name: "x", points }, 400, "request.invalid"],
    ["no name", LINE, { ...line, name: "  " }, 400, "request.invalid"],
    ["a name without end", LINE, { ...line, name: "长".repeat(61) }, 400, "request.invalid"],
    ["something unknown", LINE, { ...line, camera: "gate" }, 400, "request.invalid"],
    ["one point", LINE, { ...line, points: points.slice(1) }, 422, "line.points"],
    ["a point outside", LINE, { ...line, points: [...points, [1e300, 0.5]] }, 422, "line.outside"],
    [
      "a crossing of itself",
      LINE,
      { ...line, points: [...points, [0.5, 0.1], [0.5, 0.9]] },
      422,
      "line.crosses",
    ],
    ["no length", LINE, { ...line, points: [points[0], points[0]] }, 422, "line.short"],
    [
      "65 corners",
      MASK,
      { ...mask, polygon: Array.from({ length: 65 }, () => [0, 0]) },
      400,
      "request.invalid",
    ],
    ["two corners", MASK, { ...mask, polygon: polygon.slice(1) }, 422, "mask.corners"],
    ["a corner outside", MASK, { ...mask, polygon: [...polygon, [-0.1, 0.5]] }, 422, "mask.outside"],
    [
      "sides that cross",
      MASK,
      {
        ...mask,
        polygon: [
          [0, 0],
          [1, 1],
          [1, 0],
          [0, 1],
        ],
      },
      422,
      "mask.crosses",
    ],
    [
      "hardly anything",
      MASK,
      { ...mask, polygon: polygon.map(([x = 0, y = 0]) => [x / 99, y / 99]) },
      422,
      "mask.empty",
    ],
  ])("with %s are refused with the reason, and nothing changes", async (_what, url, body, status, code) => {
    const answer = await ask("PUT", url, body);
    expect(answer.json()).toMatchObject({ status, code });
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(await camera()).toMatchObject({ lines: [], masks: [] });
  });

  test("of megabytes are not even read", async () => {
    const headers = { cookie: cookies.get("technician") ?? "", "content-type": "application/json" };
    const answer = await server.app.inject({ method: "PUT", url: LINE, headers, payload: GIANT });
    expect(answer.json()).toMatchObject({ status: 413, code: "request.too_large" });
  });

  test.each([
    ["PUT", "/api/v1/cameras/other-village/lines/line-1", line, 404, "camera.unknown"],
    ["PUT", "/api/v1/cameras/__proto__/masks/mask-1", mask, 404, "camera.unknown"],
    ["PUT", "/api/v1/cameras/pond-east/lines/__proto__", line, 400, "request.invalid"],
    ["PUT", "/api/v1/cameras/pond-east/lines/..%2f..%2fetc", line, 400, "request.invalid"],
    ["DELETE", LINE, {}, 404, "line.unknown"],
    ["POST", `${MASK}/restoration`, {}, 404, "mask.unknown"],
  ] as const)("%s at %s is not there", async (method, url, body, status, code) => {
    expect((await ask(method, url, body)).json()).toMatchObject({ status, code });
  });
});
