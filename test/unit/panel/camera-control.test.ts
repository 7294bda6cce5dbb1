import { afterEach, describe, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import {
  createCameraControlDouble,
  createCameraControlsDouble,
} from "../../support/camera-controls-double.ts";
import { bearer, makeServer, type PanelServer } from "./panel-fixture.ts";

let server: PanelServer;
afterEach(() => server.app.close());

async function createRig() {
  const pond = createCameraControlDouble();
  server = await makeServer(undefined, {}, { controls: createCameraControlsDouble({ "pond-east": pond }) });
  const cookie = await server.logIn();
  const ask = async (method: "GET" | "POST" | "DELETE", path: string, payload?: object) => {
    const request = { method, url: `/api/v1/cameras/pond-east/${path}`, headers: { cookie } };
    const answer = await server.app.inject(payload ? { ...request, payload } : request);
    return { status: answer.statusCode, body: answer.body === "" ? null : answer.json() };
  };
  const events = async () =>
    (await server.ledger.read({ after: 0, limit: 100 })).map(({ type, data }) => ({ type, data }));
  return { pond, ask, events };
}

describe("where a camera looks", () => {
  test("presets are listed, saved, taken and removed, and the audit says by whom", async () => {
    const { pond, ask, events } = await createRig();
    expect((await ask("GET", "presets")).body).toEqual([
      { id: "p1", name: "塘埂" },
      { id: "p2", name: "路口" },
    ]);
    expect(await ask("POST", "presets", { name: " 水闸 " })).toEqual({
      status: 201,
      body: { id: "p3", name: "水闸" },
    });
    expect((await ask("POST", "goto", { preset: "塘埂" })).status).toBe(204);
    expect((await ask("DELETE", "presets/p1")).status).toBe(204);
    expect(pond.asked.filter((word) => word !== "presets")).toEqual(["save 水闸", "goTo p1", "remove p1"]);
    expect((await events()).filter(({ type }) => type.startsWith("org.cunshao.camera."))).toEqual([
      {
        type: "org.cunshao.camera.preset_saved",
        data: expect.objectContaining({ by: { kind: "person", name: "admin" }, name: "水闸" }),
      },
      { type: "org.cunshao.camera.turned", data: expect.objectContaining({ preset: "塘埂" }) },
      { type: "org.cunshao.camera.preset_removed", data: expect.objectContaining({ preset: "p1" }) },
    ]);
  });

  test("a movement has a bounded time of its own, and can be stopped", async () => {
    const { pond, ask } = await createRig();
    expect((await ask("POST", "move", { pan: -0.5 })).status).toBe(204);
    expect((await ask("POST", "stop")).status).toBe(204);
    expect(pond.asked).toEqual(["move -0.5 0 0 500", "stop"]);
  });

  test.each([[{ pan: 2 }], [{ pan: "left" }], [{ durationMs: 60_000 }], [{ durationMs: 0 }], [[]]])(
    "a movement of %j is refused",
    async (payload) => {
      const { pond, ask } = await createRig();
      expect(await ask("POST", "move", payload)).toMatchObject({
        status: 400,
        body: { code: "request.invalid" },
      });
      expect(pond.asked).toEqual([]);
    },
  );

  test.each([[""], ["a\u0000b"], ["x".repeat(33)]])("a preset cannot be called %j", async (name) => {
    const { ask } = await createRig();
    expect((await ask("POST", "presets", { name })).status).toBe(400);
  });

  test.each([
    ["onvif.timeout", "transient", 503],
    ["onvif.refused", "permanent", 502],
    ["onvif.unsupported", "permanent", 409],
    ["onvif.bad_answer", "permanent", 502],
  ] as const)("%s is told in words", async (code, kind, status) => {
    const { pond, ask } = await createRig();
    pond.failing = new GatewayError("no", { code, kind });
    expect(await ask("GET", "presets")).toMatchObject({ status, body: { code } });
  });

  test("a camera without controls, and none, are told apart", async () => {
    await createRig();
    const ask = async (camera: string) => {
      const url = `/api/v1/cameras/${camera}/presets`;
      return (await server.app.inject({ url, headers: bearer })).json<{ code: string }>().code;
    };
    expect(await ask("nowhere")).toBe("camera.unknown");
  });
});
