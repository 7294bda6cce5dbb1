import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import type { MapPlace, MapTiles } from "../../../src/core/village-map.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { makeServer, PASSWORD_HASH, type PanelServer } from "./panel-fixture.ts";

const POND: MapPlace = { kind: "camera", id: "pond-east", x: 0.2, y: 0.4, headingDegrees: 90 };
const HORN: MapPlace = { kind: "speaker", id: "pond", x: 0.5, y: 0.5, reach: 0.1 };

let server: PanelServer;
let cookie = "";
let tiles: MapTiles | undefined;
async function start(): Promise<void> {
  server = await makeServer(createManualClock(), {}, {}, tiles ? { mapTiles: tiles } : {});
  cookie = await server.logIn();
}
beforeEach(async () => {
  tiles = undefined;
  await start();
});

function call(method: "GET" | "PUT" | "POST", url: string, payload?: object | Buffer, more: object = {}) {
  const headers = { cookie, ...(Buffer.isBuffer(payload) && { "content-type": "image/jpeg" }), ...more };
  return server.app.inject({ method, url: `/api/v1${url}`, headers, ...(payload && { payload }) });
}
const bring = (content: string) => call("POST", "/map/pictures", Buffer.from(content));
const place = (places: readonly unknown[], over: string | null = null) =>
  call("PUT", "/map/places", { places, over });

describe("the map", () => {
  test("begins with nothing, and says what there is to place once there is a picture", async () => {
    expect((await call("GET", "/map")).json()).toEqual({ places: [] });
    expect((await place([POND])).json()).toMatchObject({ code: "map.no_ground", status: 409 });
    expect((await bring("picture")).json()).toMatchObject({ ground: "picture", picture: { width: 800 } });
    const placed = (await place([POND, HORN])).json();
    expect(placed).toMatchObject({ places: [POND, HORN], placed: { by: { name: "admin" } } });
    expect((await call("GET", "/state")).json()).toMatchObject({ mapVersion: server.map.version() });
  });

  test("tells the second of two who placed things at the same time", async () => {
    await bring("picture");
    await place([POND]);
    const late = await place([HORN]);
    expect([late.statusCode, late.json().code, late.json().title]).toEqual([
      409,
      "map.changed",
      "别人刚改过地图，请先看看",
    ]);
  });

  test.each<[string, object]>([
    ["beyond the edge", { ...POND, x: 1.01 }],
    ["no number", { ...POND, y: null }],
    ["of no kind", { ...POND, kind: "road" }],
    ["looking beyond the compass", { ...POND, headingDegrees: 360 }],
    ["heard nowhere", { ...HORN, reach: 0 }],
    ["with a field too many", { ...POND, colour: "red" }],
  ])("refuses a place %s", async (_what, one) => {
    await bring("picture");
    const answer = await place([one]);
    expect([answer.statusCode, answer.json().code]).toEqual([400, "request.invalid"]);
  });

  test.each<[string, readonly MapPlace[], string]>([
    ["what is not configured", [{ ...POND, id: "well" }], "map.unknown_thing"],
    ["one thing twice", [POND, { ...POND, x: 0 }], "map.twice"],
    ["a camera with a reach", [{ ...POND, reach: 0.1 }], "map.misfit"],
  ])("refuses %s", async (_what, places, code) => {
    await bring("picture");
    expect((await place(places)).json()).toMatchObject({ status: 422, code });
  });

  test("is looked at by everybody and changed by who sets up", async () => {
    await server.accounts.add({ username: "guest", passwordHash: PASSWORD_HASH, role: "viewer" });
    cookie = await server.logIn("guest");
    expect((await call("GET", "/map")).statusCode).toBe(200);
    for (const answer of [await bring("picture"), await place([])]) expect(answer.statusCode).toBe(403);
  });
});

describe("its picture", () => {
  test("is served as what it is, and not again to who has it", async () => {
    const { sha256 } = (await bring("picture")).json().picture;
    const found = await call("GET", `/map/pictures/${sha256}`);
    expect([found.statusCode, found.body, found.headers["content-type"]]).toEqual([
      200,
      "picture",
      "image/jpeg",
    ]);
    expect(found.headers["content-security-policy"]).toContain("sandbox");
    const again = await call("GET", `/map/pictures/${sha256}`, undefined, {
      "if-none-match": found.headers.etag,
    });
    expect(again.statusCode).toBe(304);
  });

  test("is exchanged and put back, and an older one is gone", async () => {
    const first = (await bring("one")).json().picture.sha256;
    const second = (await bring("two")).json().picture.sha256;
    const back = (await call("POST", `/map/pictures/${first}/restoration`)).json();
    expect([back.picture.sha256, back.former.sha256]).toEqual([first, second]);
    await bring("three");
    expect((await call("GET", `/map/pictures/${second}`)).json()).toMatchObject({ code: "map.no_picture" });
  });

  test("is refused in words where it is none, or too large", async () => {
    expect((await bring("bad")).json()).toMatchObject({
      ...{ status: 422, code: "map.not_picture", title: "这不是能用的图片：要完整的 JPG 或 PNG" },
    });
    const large = await call("POST", "/map/pictures", Buffer.alloc(40_000_001));
    expect(large.json()).toMatchObject({ status: 413, code: "map.too_large" });
  });

  test.each(["0".repeat(64), "..%2f..%2fetc%2fpasswd", "g".repeat(64)])(
    "of the name %s there is none",
    async (name) => {
      expect((await call("GET", `/map/pictures/${name}`)).statusCode).toBeGreaterThanOrEqual(400);
    },
  );
});

describe("tiles", () => {
  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), "cunshao-tiles-"));
    mkdirSync(join(folder, "3/5"), { recursive: true });
    writeFileSync(join(folder, "3/5/2.png"), "tile");
    writeFileSync(join(folder, "secret.png"), "secret");
    tiles = { folder, fromZoom: 3, toZoom: 3, left: 0.6, top: 0.2, right: 0.7, bottom: 0.3 };
    await start();
    return () => rmSync(folder, { recursive: true, force: true });
  });

  test("come from the box, where there are any", async () => {
    const found = await call("GET", "/map/tiles/3/5/2");
    expect([found.statusCode, found.body, found.headers["content-type"]]).toEqual([200, "tile", "image/png"]);
    expect((await call("GET", "/map/tiles/3/5/3")).json()).toMatchObject({
      status: 404,
      code: "map.no_tile",
    });
  });

  test.each([
    "3/5/..%2f..%2fsecret",
    "..%2f..%2fetc/5/2",
    "3/5/-1",
    "3/8/0",
    "23/0/0",
    "3/5/2.png",
    "3/5/1e1",
  ])("%s is no tile", async (path) => {
    const answer = await call("GET", `/map/tiles/${path}`);
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.body).not.toContain("secret");
  });
});
