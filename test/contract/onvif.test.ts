import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../src/core/time.ts";
import { createCameraControls } from "../../src/drivers/onvif/camera-controls.ts";
import { controlOf, ONVIF_LOGIN, startOnvifCamera } from "../support/onvif-camera.ts";
import { onvifWorkerThread } from "../support/onvif-worker.ts";
import { freePort } from "../support/rtsp-cameras.ts";

const YEAR_MS = 365 * 86_400_000;
const CORNER = [
  [-1, -1],
  [0, -1],
  [0, 0],
] as const;
const YARD = [
  [0, 0.5],
  [0.25, 0.5],
  [0.25, 1],
] as const;

describe("the ONVIF driver on a camera", () => {
  test.each([
    ["Profile S", false],
    ["Profile T", true],
  ])("describes a camera of %s with its streams, the largest picture first", async (_profile, canMask) => {
    const { control } = await startOnvifCamera({ canMask });
    const { streams, clockAheadMs, ...about } = await control.describe();
    expect(about).toEqual({
      manufacturer: "Cunshao",
      model: "VC-1",
      firmware: "V5.7.1",
      serial: "0001",
      canMove: true,
    });
    expect(Math.abs(clockAheadMs ?? YEAR_MS)).toBeLessThan(5000);
    expect(
      streams.map(({ profile, url, width, height, framesPerSecond, keyFrameSeconds }) => [
        ...[profile, url, width, height, framesPerSecond, keyFrameSeconds],
      ]),
    ).toEqual([
      ["main", "rtsp://127.0.0.1:8554/pond/main", 1280, 720, 25, 2],
      ["sub", "rtsp://127.0.0.1:8554/pond/sub", 640, 360, 15, 2],
    ]);
  });

  test("sets a clock that is a year off, although the login is signed by that clock", async () => {
    const { camera, control } = await startOnvifCamera({ clockAheadMs: -YEAR_MS });
    await control.setTime();
    expect(Math.abs(camera.clockAheadMs)).toBeLessThan(5000);
    await control.close();
    expect(Math.abs((await control.describe()).clockAheadMs ?? YEAR_MS)).toBeLessThan(5000);
  });

  test.each([
    ["Profile S", false],
    ["Profile T", true],
  ])("asks a camera of %s for key frames often enough, and tells what it got", async (_profile, canMask) => {
    const { camera, control } = await startOnvifCamera({ canMask });
    expect(await control.setKeyFrameSeconds("sub", 0.8)).toBeCloseTo(0.8, 5);
    expect(camera.profiles.map(({ token, govLength }) => [token, govLength])).toEqual([
      ["sub", 12],
      ["main", 50],
    ]);
  });

  test("remembers, lists, takes and forgets presets, whatever signs are in their names", async () => {
    const { camera, control } = await startOnvifCamera();
    const bank = await control.savePreset('塘埂 <"1"> & 2');
    const road = await control.savePreset("塘埂");
    expect(await control.presets()).toEqual([
      { id: bank, name: '塘埂 <"1"> & 2' },
      { id: road, name: "塘埂" },
    ]);
    await control.goTo(road);
    expect(camera.movements).toEqual([`to ${road}`]);
    await control.removePreset(bank);
    expect(await control.presets()).toEqual([{ id: road, name: "塘埂" }]);
  });

  test("moves for a bounded time and stops", async () => {
    const { camera, control } = await startOnvifCamera();
    await control.move({ pan: -0.5, tilt: 0, zoom: 0 }, 800);
    await control.move({ pan: 0, tilt: 0, zoom: 1 }, 500);
    await control.stopMoving();
    expect(camera.movements).toEqual([
      "pan -0.5 tilt 0 zoom 0 for PT0.8S",
      "pan 0 tilt 0 zoom 1 for PT0.5S",
      "stop",
    ]);
  });

  test("tells of each order to look elsewhere that a camera took, and of none that never reached it", async () => {
    const { url } = await startOnvifCamera();
    const at = (id: string, address: string) => {
      const { hostname, port, pathname } = new URL(address);
      const onvif = { host: hostname, port: Number(port), path: pathname, isSecure: false, setClock: false };
      return { id, name: id, main: "rtsp://127.0.0.1/1", zones: [], login: ONVIF_LOGIN, onvif };
    };
    const gone = `http://127.0.0.1:${await freePort()}/onvif/device_service`;
    const controls = createCameraControls(
      { clock: systemClock, startWorker: onvifWorkerThread },
      [at("pond", url), at("gone", gone)],
      () => false,
    );
    onTestFinished(() => controls.stop());
    const told: string[] = [];
    controls.turned.on((camera) => told.push(camera));
    const pond = controls.of("pond");
    const bank = await pond.savePreset("塘埂");
    await controls.goTo("pond", "塘埂");
    await pond.goTo(bank);
    await pond.move({ pan: 1, tilt: 0, zoom: 0 }, 500);
    await pond.stopMoving();
    await expect(pond.goTo("nowhere")).rejects.toThrow();
    const away = controls.of("gone").move({ pan: 1, tilt: 0, zoom: 0 }, 500);
    await expect(away).rejects.toMatchObject({ code: "onvif.unreachable" });
    expect(told).toEqual(["pond", "pond", "pond"]);
  });

  test("has the camera paint over outlines, those and no others", async () => {
    const { camera, control } = await startOnvifCamera({ canMask: true });
    camera.masks.set("old", { view: "view", polygon: CORNER });
    await control.setMasks(["main", "sub"], [YARD]);
    expect([...camera.masks.values()].map(({ polygon }) => polygon)).toEqual([
      [
        [-1, 0],
        [-0.5, 0],
        [-0.5, -1],
      ],
    ]);
    expect(await control.masks(["main", "sub"])).toEqual([[YARD]]);
    await control.setMasks(["main", "sub"], []);
    expect(await control.masks(["main", "sub"])).toEqual([[]]);
  });

  test("masks the picture that a profile shows, and leaves that of another lens alone", async () => {
    const shown = { width: 640, height: 360, framesPerSecond: 15, govLength: 30 };
    const profiles = ["first", "second", "third"].map((token) => ({
      ...shown,
      ...{ token, name: token, url: `rtsp://127.0.0.1:8554/${token}`, view: `lens-${token}` },
    }));
    const { camera, control } = await startOnvifCamera({ canMask: true, profiles });
    camera.masks.set("theirs", { view: "lens-first", polygon: CORNER });
    await control.setMasks(["second", "third"], [YARD]);
    expect([...camera.masks.values()].map(({ view }) => view)).toEqual([
      "lens-first",
      "lens-second",
      "lens-third",
    ]);
    expect(await control.masks(["second", "third"])).toEqual([[YARD], [YARD]]);
    expect(await control.masks(["first"])).not.toContainEqual([YARD]);
    await expect(control.masks(["nowhere"])).rejects.toMatchObject({ code: "onvif.unsupported" });
  });

  test("says so when a camera knows no masks", async () => {
    const { control } = await startOnvifCamera();
    await expect(control.setMasks(["main"], [])).rejects.toMatchObject({ code: "onvif.unsupported" });
  });

  test("is not turned while the box paints its masks, which stand still in the picture", async () => {
    const { camera, url } = await startOnvifCamera();
    camera.presets.set("p1", "塘埂");
    const { hostname: host, port, pathname: path } = new URL(url);
    const onvif = { host, port: Number(port), path, isSecure: false, setClock: false };
    let painted = ["box"];
    const controls = createCameraControls(
      { clock: systemClock, startWorker: onvifWorkerThread },
      ["box", "camera"].map((id) => ({
        ...{ id, name: id, main: "rtsp://127.0.0.1/1", zones: [], login: ONVIF_LOGIN, onvif },
      })),
      (camera) => painted.includes(camera),
    );
    onTestFinished(() => controls.stop());
    const held = { code: "camera.held_still", kind: "permanent" };
    await expect(controls.goTo("box", "塘埂")).rejects.toMatchObject(held);
    await expect(controls.of("box").move({ pan: 1, tilt: 0, zoom: 0 }, 500)).rejects.toMatchObject(held);
    expect(camera.movements).toEqual([]);
    await controls.goTo("camera", "塘埂");
    expect(camera.movements).toEqual(["to p1"]);
    // Somebody has taken the last mask out.
    painted = [];
    await controls.goTo("box", "塘埂");
    expect(camera.movements).toEqual(["to p1", "to p1"]);
  });

  test("says so when a camera cannot move or has no such preset", async () => {
    const fixed = await startOnvifCamera({ canMove: false });
    await expect(fixed.control.presets()).rejects.toMatchObject({
      code: "onvif.unsupported",
      kind: "permanent",
    });
    expect((await fixed.control.describe()).canMove).toBe(false);
    const dome = await startOnvifCamera();
    await expect(dome.control.goTo("nowhere")).rejects.toMatchObject({ code: "onvif.unsupported" });
  });

  test.each([
    ["a wrong password", { ...ONVIF_LOGIN, password: "wrong" }],
    ["no login", "none"],
  ] as const)("%s is told from other faults", async (_what, login) => {
    const { control } = await startOnvifCamera({}, login);
    await expect(control.setTime()).rejects.toMatchObject({ code: "onvif.refused", kind: "permanent" });
  });
});

/** A listener that is no camera; it ends with the test. */
async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/onvif/device_service`;
}

function answering(body: string, status = 200): Promise<string> {
  return listen(createHttpServer((_request, reply) => reply.writeHead(status).end(body)));
}

const soap = (body: string): string =>
  `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>${body}</s:Body></s:Envelope>`;

describe("what is no camera, or a hostile one", () => {
  test("a closed port is unreachable", async () => {
    const port = await freePort();
    await expect(controlOf(`http://127.0.0.1:${port}/`).describe()).rejects.toMatchObject({
      code: "onvif.unreachable",
      kind: "transient",
    });
  });

  test.each([
    ["an ordinary web page", "<!doctype html><title>it works</title>"],
    ["nothing", ""],
    ["bytes", "\u0000\u0001\u0002"],
    ["SOAP without an answer", soap("<other/>")],
    ["an answer that holds no time", soap("<GetSystemDateAndTimeResponse/>")],
    [
      "a time of nonsense",
      soap(
        "<GetSystemDateAndTimeResponse><SystemDateAndTime><UTCDateTime><Date/></UTCDateTime></SystemDateAndTime></GetSystemDateAndTimeResponse>",
      ),
    ],
    ["a document of entities", '<!DOCTYPE a [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;&a;">]><a>&b;</a>'],
    ["brackets without end", `${"<a>".repeat(20_000)}`],
  ])("%s in place of an answer is a bad answer", async (_what, body) => {
    const control = controlOf(await answering(body));
    await expect(control.describe()).rejects.toMatchObject({ code: "onvif.bad_answer", kind: "permanent" });
  });

  test("an answer without end is cut, and the next call begins anew", async () => {
    const endless = await listen(
      createHttpServer((_request, reply) => {
        const block = "x".repeat(1 << 20);
        const more = (): void => {
          while (reply.write(block));
        };
        reply.on("drain", more);
        reply.on("error", () => {});
        more();
      }),
    );
    const control = controlOf(endless);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(control.describe()).rejects.toMatchObject({ code: "onvif.bad_answer" });
    }
  });

  test("a camera that accepts and says nothing is given up in time", async () => {
    const sockets: { destroy(): void }[] = [];
    const url = await listen(createServer((socket) => sockets.push(socket)));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    await expect(controlOf(url).describe()).rejects.toMatchObject({
      code: "onvif.timeout",
      kind: "transient",
    });
  });
});
