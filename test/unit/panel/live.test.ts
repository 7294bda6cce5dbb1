import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { createPanel } from "../../../src/panel/panel.ts";
import { until } from "../../support/until.ts";
import { arrived } from "./arrived.ts";
import { bearer, listen, makeDependencies, makeServer, type PanelServer } from "./panel-fixture.ts";

const MEDIA_TYPE = 'video/mp4; codecs="avc1.42c01e"';

let server: PanelServer;
let base: string;
const open: WebSocket[] = [];

beforeEach(async () => {
  server = await makeServer();
  base = (await listen(server)).replace("http", "ws");
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.terminate();
  await server.app.close();
});

/** A camera's stream in the test's hands. */
function makeStream() {
  const viewers = new Set<{ send: (chunk: Uint8Array) => void; onEnd: () => void }>();
  server.village.viewers.set("pond-east", {
    mediaType: MEDIA_TYPE,
    attach(send, onEnd) {
      const viewer = { send, onEnd };
      viewers.add(viewer);
      send(Buffer.from("init"));
      return () => viewers.delete(viewer);
    },
  });
  return {
    viewers,
    send: (chunk: Uint8Array) => {
      for (const viewer of [...viewers]) viewer.send(chunk);
    },
    end: () => {
      for (const viewer of [...viewers]) viewer.onEnd();
    },
  };
}

function watch(camera: string, headers: Record<string, string> = bearer) {
  const socket = new WebSocket(`${base}/api/v1/cameras/${camera}/live`, { headers });
  open.push(socket);
  const received: (string | Buffer)[] = [];
  const seen: { close?: { code: number; reason: string } } = {};
  socket.on("message", (data: Buffer, binary) => received.push(binary ? data : data.toString()));
  socket.on("close", (code, reason) => {
    seen.close = { code, reason: reason.toString() };
  });
  socket.on("error", () => {});
  return { socket, received, seen };
}

describe("a live viewer", () => {
  test("gets the media type, then the init segment, then fragments", async () => {
    const stream = makeStream();
    const { received } = watch("pond-east");
    await until(() => received.length === 2);
    stream.send(Buffer.from("fragment"));
    await until(() => received.length === 3);
    expect(received).toEqual([
      JSON.stringify({ mediaType: MEDIA_TYPE }),
      Buffer.from("init"),
      Buffer.from("fragment"),
    ]);
  });

  test("that leaves is let go", async () => {
    const stream = makeStream();
    const { socket } = watch("pond-east");
    await until(() => stream.viewers.size === 1);
    socket.close();
    await until(() => stream.viewers.size === 0);
  });

  test("who reads too slowly is closed with a code and costs no more memory", async () => {
    const stream = makeStream();
    const { socket, seen } = watch("pond-east");
    await until(() => stream.viewers.size === 1);
    socket.pause();
    const chunk = Buffer.alloc(256 * 1024);
    await until(() => {
      stream.send(chunk);
      return stream.viewers.size === 0;
    });
    const [held] = [...server.app.websocketServer.clients];
    expect(held?.bufferedAmount).toBeLessThan(2_000_000);
    socket.resume();
    const close = await arrived(() => seen.close);
    expect(close).toEqual({ code: 4008, reason: "viewer.too_slow" });
  });

  test("is told when the stream ends", async () => {
    const stream = makeStream();
    const { seen } = watch("pond-east");
    await until(() => stream.viewers.size === 1);
    stream.end();
    expect(await arrived(() => seen.close)).toEqual({ code: 4000, reason: "video.ended" });
  });

  test.each([
    ["none", 4004, "camera.unknown"],
    ["pond-east", 4503, "video.no_picture"],
  ])("of %s without a stream is closed with %i %s", async (camera, code, reason) => {
    const { seen } = watch(camera);
    expect(await arrived(() => seen.close)).toEqual({ code, reason });
  });

  test("is closed when its log-in ends", async () => {
    const stream = makeStream();
    const cookie = await server.logIn();
    const { seen } = watch("pond-east", { cookie });
    await until(() => stream.viewers.size === 1);
    await server.app.inject({ method: "DELETE", url: "/api/v1/session", headers: { cookie } });
    expect(await arrived(() => seen.close)).toEqual({ code: 4001, reason: "session.required" });
    expect(stream.viewers.size).toBe(0);
  });

  test("may not send us much", async () => {
    const stream = makeStream();
    const { socket, seen } = watch("pond-east");
    await until(() => stream.viewers.size === 1);
    socket.send(Buffer.alloc(4096));
    // The connection may be cut before the code (1009, too big) has arrived.
    expect([1006, 1009]).toContain((await arrived(() => seen.close)).code);
    await until(() => stream.viewers.size === 0);
  });

  test("is let go when the panel stops", async () => {
    const stream = makeStream();
    const { seen } = watch("pond-east");
    await until(() => stream.viewers.size === 1);
    await server.app.close();
    await arrived(() => seen.close);
    expect(stream.viewers.size).toBe(0);
  });
});

describe("the panel", () => {
  test("listens, tells where, and stops twice without harm", async () => {
    const panel = createPanel(makeDependencies());
    await panel.start();
    expect((await fetch(`${panel.url()}/api/v1/health`)).status).toBe(200);
    await panel.stop();
    await panel.stop();
    expect(panel.url()).toBeUndefined();
  });

  test("says what to do when its port is taken", async () => {
    const first = createPanel(makeDependencies());
    await first.start();
    const port = Number(new URL(first.url() ?? "").port);
    const second = createPanel(makeDependencies(undefined, { port }));
    await expect(second.start()).rejects.toMatchObject({
      code: "panel.port_taken",
      kind: "permanent",
      message: expect.stringContaining("CUNSHAO_PORT"),
    });
    await first.stop();
    await second.start();
    await second.stop();
  });
});
