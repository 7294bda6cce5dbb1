import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../../../src/core/time.ts";
import { createManualClock } from "../../support/manual-clock.ts";
import { until } from "../../support/until.ts";
import { startProxy } from "./desk-proxy-rig.ts";

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** Somebody at the desk who opens the pictures of a camera, before a village that answers as the test says. */
async function startLive(onUpgrade: OnUpgrade, clock?: Clock) {
  const proxy = await startProxy((_request, response) => response.writeHead(404).end(), {
    onUpgrade,
    ...(clock && { clock }),
  });
  function open(path = "/cameras/pond/live") {
    const page = new WebSocket(`${proxy.url.replace("http", "ws")}/api/v1/boxes/longwan${path}`);
    onTestFinished(() => page.terminate());
    const closed = once(page, "close").then(([code, reason]) => [code, String(reason)]);
    return { page, closed };
  }
  return { ...proxy, open };
}

describe("moving pictures of a village", () => {
  test("that takes the line and never answers are given up after a while, also those that wait for a connection", async () => {
    const clock = createManualClock();
    const sockets: Duplex[] = [];
    const { open, watched } = await startLive(
      (_request, socket) => void sockets.push(socket.resume()),
      clock,
    );
    // One of them has the only connection.
    const tried = [open(), open(), open()];
    await until(() => watched() === 3 && sockets.length === 1, { what: "three that wait" });
    await clock.advance(9_999);
    expect(watched()).toBe(3);
    await clock.advance(1);
    for (const { closed } of tried) expect(await closed).toEqual([4000, "desk.box_timeout"]);
    expect([watched(), clock.pending()]).toEqual([0, 0]);
    await until(() => sockets.every(({ readableEnded }) => readableEnded), { what: "a line that is let go" });
  });

  test("that breaks off are given up at once, and the desk goes on", async () => {
    const { open, watched } = await startLive((_request, socket) => socket.destroy());
    expect(await open().closed).toEqual([4000, "desk.box_away"]);
    expect(await open().closed).toEqual([4000, "desk.box_away"]);
    expect(watched()).toBe(0);
  });

  test("that are at no address are refused at once, and the line to the page is let go", async () => {
    const { open } = await startLive((_request, socket) => socket.destroy());
    expect(await open("/no-such-room/live").closed).toEqual([4000, "route.unknown"]);
  });

  test.each([
    ["a large group of pictures comes", 2 * 1024 * 1024, "message"],
    ["no more than that is taken into memory", 5 * 1024 * 1024, "close"],
  ])("are bounded: %s", async (_what, bytes, outcome) => {
    const server = new WebSocketServer({ noServer: true });
    server.on("connection", (socket) => socket.on("error", () => undefined).send(Buffer.alloc(bytes)));
    const { open } = await startLive((request, socket, head) =>
      server.handleUpgrade(request, socket, head, (line) => server.emit("connection", line)),
    );
    const { page, closed } = open();
    const came = await Promise.race([
      once(page, "message").then(() => "message"),
      closed.then(() => "close"),
    ]);
    expect(came).toBe(outcome);
  });

  test("that answers are shown for as long as somebody looks", async () => {
    const clock = createManualClock();
    const server = new WebSocketServer({ noServer: true });
    server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
    const { open } = await startLive(
      (request, socket, head) =>
        server.handleUpgrade(request, socket, head, (line) => server.emit("connection", line)),
      clock,
    );
    const { page } = open();
    await once(page, "open");
    page.send("a");
    expect(String((await once(page, "message"))[0])).toBe("a");
    await clock.advance(60_000);
    page.send("b");
    expect(String((await once(page, "message"))[0])).toBe("b");
  });
});
