import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { systemClock } from "../../../src/core/time.ts";
import { relaySockets } from "../../../src/panel/desk/socket-relay.ts";

test("a village whose line breaks before its socket is open is said to be away, and nothing else happens", async () => {
  const breaking = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  const desk = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  onTestFinished(() => {
    breaking.close();
    desk.close();
  });
  await Promise.all([once(breaking, "listening"), once(desk, "listening")]);
  desk.on("connection", (near) => {
    near.pause();
    const far = new WebSocket(`ws://127.0.0.1:${(breaking.address() as AddressInfo).port}`);
    relaySockets(near, far, {
      clock: systemClock,
      ended: new AbortController().signal,
      endReason: () => "",
      onClosed: () => undefined,
    });
  });
  const browser = new WebSocket(`ws://127.0.0.1:${(desk.address() as AddressInfo).port}`);
  const [code, reason] = (await once(browser, "close")) as [number, Buffer];
  expect([code, reason.toString()]).toEqual([4000, "desk.box_away"]);
});
