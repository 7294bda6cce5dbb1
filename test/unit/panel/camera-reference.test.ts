import { beforeEach, expect, test } from "vitest";
import { makeServer, type PanelServer } from "./panel-fixture.ts";

let server: PanelServer;
let cookie: string;
beforeEach(async () => {
  server = await makeServer();
  cookie = await server.logIn();
});

const post = (camera: string, headers: Record<string, string> = { cookie }) =>
  server.app.inject({ method: "POST", url: `/api/v1/cameras/${camera}/reference`, headers });

test("who sets up may say that a camera looks where it should", async () => {
  expect((await post("pond-east")).statusCode).toBe(204);
  expect(server.cameraHealth.references).toEqual([{ camera: "pond-east", by: "admin" }]);
});

test("nobody may without a log-in", async () => {
  expect((await post("pond-east", {})).statusCode).toBe(401);
  expect(server.cameraHealth.references).toEqual([]);
});

test("a camera that is not there, or sees nothing, is answered plainly", async () => {
  expect((await post("well")).json()).toMatchObject({ status: 404, code: "camera.unknown" });
  server.cameraHealth.isBlind = true;
  expect((await post("pond-east")).json()).toMatchObject({ status: 409, code: "camera.no_reference_now" });
});

test("figures name each open fault", async () => {
  const cameras = server.village
    .state()
    .cameras.map((camera) => ({ ...camera, faults: [{ fault: "frozen" as const, since: camera.since }] }));
  server.village.update({ cameras });
  const { body } = await server.app.inject({ method: "GET", url: "/api/v1/metrics" });
  expect(body).toContain('cunshao_camera_fault{camera="pond-east",fault="frozen"} 1');
});
