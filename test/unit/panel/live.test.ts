import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { type Clock, systemClock } from "../../../src/core/time.ts";
import { createPanel } from "../../../src/panel/panel.ts";
import type { Fragment } from "../../../src/video/fragmented-mp4.ts";
import { fragment, INIT } from "../../support/live-double.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { until } from "../../support/until.ts";
import { arrived } from "./arrived.ts";
import { bearer, listen, makeDependencies, makeServer, type PanelServer } from "./panel-fixture.ts";

/** Lets the box's clock run ahead of the real one. */
let laterMs = 0;
const clock: Clock = {
  ...systemClock,
  now() {
    const { wallMs, monotonicMs } = systemClock.now();
    return { wallMs: wallMs + laterMs, monotonicMs: monotonicMs + laterMs };
  },
};

let server: PanelServer;
let base: string;
const open: WebSocket[] = [];
const byHand: Socket[] = [];

beforeEach(async () => {
  laterMs = 0;
  server = await makeServer(clock);
  base = (await listen(server)).replace("http", "ws");
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.terminate();
  for (const socket of byHand.splice(0)) socket.destroy();
  await server.app.close();
});

const leases = (): number => server.pond.leases();
const play = (...fragments: readonly Fragment[]): void => {
  if (!server.pond.hub.init) server.pond.hub.begin(INIT);
  for (const each of fragments) server.pond.hub.push(each);
};
/** The box's end of the only connection. */
const heldBytes = (): number => [...server.app.websocketServer.clients][0]?.bufferedAmount ?? 0;

function watch(camera: string, headers: Record<string, string> = bearer, query = "") {
  const socket = new WebSocket(`${base}/api/v1/cameras/${camera}/live${query}`, { headers });
  open.push(socket);
  const received: (string | Buffer)[] = [];
  const seen: { close?: { code: number; reason: string }; status?: number | undefined } = {};
  socket.on("message", (data: Buffer, binary) => received.push(binary ? data : data.toString()));
  socket.on("close", (code, reason) => {
    seen.close = { code, reason: reason.toString() };
  });
  socket.on("unexpected-response", (_request, answer) => {
    seen.status = answer.statusCode;
  });
  socket.on("error", () => {});
  return { socket, received, seen };
}

/** A connection that asked for the upgrade by hand, and reads only what the test lets it. */
async function connectByHand(request?: string): Promise<Socket> {
  const { hostname, port } = new URL(base);
  const socket = connect(Number(port), hostname);
  byHand.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  socket.write(
    request ??
      [
        "GET /api/v1/cameras/pond-east/live HTTP/1.1",
        `Host: ${hostname}:${port}`,
        `Authorization: ${bearer.authorization}`,
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "\r\n",
      ].join("\r\n"),
  );
  return socket;
}

describe("a live viewer", () => {
  test("gets the session, then the init segment, then fragments", async () => {
    const { received } = watch("pond-east");
    await until(() => leases() === 1);
    play(fragment("K1"), fragment("p2"));
    await until(() => received.length === 4);
    expect(received).toEqual([
      JSON.stringify({ mediaType: INIT.mediaType, stream: "sub" }),
      ...["init", "K1", "p2"].map((text) => Buffer.from(text)),
    ]);
  });

  test("gets MPEG-1 where it asks for that", async () => {
    play(fragment("K1"));
    const { received } = watch("pond-east", bearer, "?format=mpeg1&stream=main");
    const [transcoder] = await arrived(() =>
      server.mpeg1.transcoders[0] ? server.mpeg1.transcoders : undefined,
    );
    const packet = Buffer.alloc(188);
    packet.set([0x47, 0x41, 0x00, 0x30, 0x07, 0x40]);
    transcoder?.stdout.write(packet);
    await until(() => received.length === 2);
    expect(received).toEqual([JSON.stringify({ mediaType: "video/mp2t", stream: "sub" }), packet]);
  });

  test("that leaves is let go", async () => {
    const { socket } = watch("pond-east");
    await until(() => leases() === 1);
    socket.close();
    await until(() => leases() === 0);
  });

  test("that never reads is closed with a code after a while, costs a bounded amount and disturbs nobody", async () => {
    const good = watch("pond-east");
    const stuck = await connectByHand();
    stuck.pause();
    await until(() => leases() === 2);
    const sizeBytes = 256 * 1024;
    let sent = 0;
    let most = 0;
    const [first, second] = [...server.app.websocketServer.clients];
    const held = (): number => Math.max(first?.bufferedAmount ?? 0, second?.bufferedAmount ?? 0);
    // The system's own buffers take the first megabytes.
    await until(
      async () => {
        play(fragment("K1", sizeBytes));
        sent++;
        await until(() => good.received.length === sent + 2);
        most = Math.max(most, held());
        return server.live.figures().droppedFrames > 20;
      },
      { timeoutMs: 20_000 },
    );
    expect(most).toBeLessThan(1024 * 1024);
    expect(leases()).toBe(2);
    laterMs += 31_000;
    play(fragment("K1", 1), fragment("K1", 1));
    await until(() => leases() === 1);
    expect(server.live.figures()).toMatchObject({ viewers: { mp4: 1 }, droppedViewers: 1 });
    stuck.resume();
    await once(stuck, "close");
    expect(good.seen.close).toBeUndefined();
  });

  test("that reads slowly is sent fewer frames and, once it reads again, all of them", async () => {
    const { socket, received } = watch("pond-east");
    await until(() => leases() === 1);
    play(fragment("K1"));
    await until(() => received.length === 3);
    socket.pause();
    await until(() => {
      play(fragment("p2", 128 * 1024));
      return server.live.figures().droppedFrames > 5;
    });
    socket.resume();
    await until(() => heldBytes() === 0);
    play(fragment("p3"));
    received.length = 0;
    play(fragment("K4"), fragment("p5"));
    await until(() => received.length >= 2 && String(received.at(-1)) === "p5");
    expect(received.map(String).filter((text) => text === "p3")).toEqual([]);
    expect(received.slice(-2).map(String)).toEqual(["K4", "p5"]);
  });

  test.each([["none", "", 4004, "camera.unknown"]])(
    "of %s%s is closed with %i %s",
    async (camera, query, code, reason) => {
      const { seen } = watch(camera, bearer, query);
      expect(await arrived(() => seen.close)).toEqual({ code, reason });
    },
  );

  test.each(["?stream=third", "?format=flv", "?stream=main&stream=sub", "?format="])(
    "that asks for %s is refused before it is connected",
    async (query) => {
      const { seen } = watch("pond-east", bearer, query);
      expect(await arrived(() => seen.status)).toBe(400);
      expect(leases()).toBe(0);
    },
  );

  test("without a log-in is refused before it is connected", async () => {
    const { seen } = watch("pond-east", {});
    expect(await arrived(() => seen.status)).toBe(401);
    expect(leases()).toBe(0);
  });

  test("is closed when its log-in ends", async () => {
    const cookie = await server.logIn();
    const { seen } = watch("pond-east", { cookie });
    await until(() => leases() === 1);
    await server.app.inject({ method: "DELETE", url: "/api/v1/session", headers: { cookie } });
    expect(await arrived(() => seen.close)).toEqual({ code: 4001, reason: "session.required" });
    expect(leases()).toBe(0);
  });

  test("may not send us much", async () => {
    const { socket, seen } = watch("pond-east");
    await until(() => leases() === 1 && socket.readyState === WebSocket.OPEN);
    socket.send(Buffer.alloc(64 * 1024));
    // The connection may be cut before the code (1009, too big) has arrived.
    expect([1006, 1009]).toContain((await arrived(() => seen.close)).code);
    await until(() => leases() === 0);
  });

  test("has nothing to say", async () => {
    const { socket, seen } = watch("pond-east");
    await until(() => leases() === 1 && socket.readyState === WebSocket.OPEN);
    socket.send("hello");
    expect(await arrived(() => seen.close)).toEqual({ code: 1008, reason: "viewer.unexpected_message" });
    expect(leases()).toBe(0);
  });

  test("that sends bytes that are no WebSocket is let go", async () => {
    const socket = await connectByHand();
    await until(() => leases() === 1);
    socket.write(Buffer.alloc(500, 0xff));
    await until(() => leases() === 0);
  });

  test("that goes away in the middle of the handshake leaves nothing behind", async () => {
    const half = await connectByHand(
      "GET /api/v1/cameras/pond-east/live HTTP/1.1\r\nHost: x\r\nUpgrade: webso",
    );
    half.destroy();
    for (let count = 0; count < 20; count++) (await connectByHand()).destroy();
    const { received } = watch("pond-east");
    await until(() => leases() === 1);
    play(fragment("K1"));
    await until(() => received.length === 3);
    expect(server.live.figures().viewers.mp4).toBe(1);
  });

  test("that vanished while the camera gives nothing is let go, and one who is there is not", async () => {
    const stepped = createSteppedClock();
    const other = await makeServer(stepped);
    const address = `${(await listen(other)).replace("http", "ws")}/api/v1/cameras/pond-east/live`;
    const there = new WebSocket(address, { headers: bearer });
    const vanished = new WebSocket(address, { headers: bearer, autoPong: false });
    open.push(there, vanished);
    let pings = 0;
    let isGone = false;
    there.on("ping", () => {
      pings += 1;
    });
    vanished.on("close", () => {
      isGone = true;
    });
    await until(() => other.pond.leases() === 2);
    let pongs = 0;
    for (const client of other.app.websocketServer.clients) {
      client.on("pong", () => {
        pongs += 1;
      });
    }
    for (let beat = 1; beat <= 4; beat++) {
      stepped.step(30_000);
      await until(() => pings === beat && pongs === beat);
    }
    await until(() => isGone && other.pond.leases() === 1);
    expect(there.readyState).toBe(WebSocket.OPEN);
    await other.app.close();
  });

  test("leaves no reader and no lease behind, a hundred times over", async () => {
    play(fragment("K1"));
    for (let round = 0; round < 10; round++) {
      const viewers = Array.from({ length: 10 }, (_, index) =>
        watch("pond-east", bearer, index % 2 === 0 ? "" : "?format=mpeg1"),
      );
      await until(() => viewers.every(({ received }) => received.length > 0));
      for (const [index, { socket }] of viewers.entries()) {
        if (index % 3 === 0) socket.terminate();
        else socket.close();
      }
    }
    await until(() => server.live.figures().viewers.mp4 === 0 && server.live.figures().viewers.mpeg1 === 0);
    // The transcoder lingers for a viewer who comes back.
    expect(leases()).toBe(server.live.figures().transcoders);
    expect(server.mpeg1.transcoders).toHaveLength(1);
  });

  test("is let go when the panel stops", async () => {
    const { seen } = watch("pond-east");
    await until(() => leases() === 1);
    await server.app.close();
    await arrived(() => seen.close);
    expect(leases()).toBe(0);
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
