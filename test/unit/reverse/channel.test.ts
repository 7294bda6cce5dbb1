import { once } from "node:events";
import { type Agent, createServer, get, type IncomingMessage } from "node:http";
import { type AddressInfo, connect, createServer as createLine, type Socket } from "node:net";
import { Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import type { ChannelLane } from "../../../src/core/desk-channel.ts";
import { silentLogger } from "../../../src/core/log.ts";
import { systemClock } from "../../../src/core/time.ts";
import { createBoxEnd } from "../../../src/reverse/box-end.ts";
import type { ChannelTiming } from "../../../src/reverse/channel-settings.ts";
import { createDeskEnd } from "../../../src/reverse/desk-end.ts";
import { until } from "../../support/until.ts";

const QUICK: ChannelTiming = { pingMs: 50, pongMs: 200 };

/** A desk on a port of its own. Whoever says that he is a box is believed here: the panel asks for the token. */
async function startDesk(timing?: ChannelTiming) {
  const deskEnd = createDeskEnd({ clock: systemClock, log: silentLogger }, timing);
  let came = 0;
  const refusals: unknown[] = [];
  const lines = new Map<ChannelLane, WebSocket>();
  const sockets = new WebSocketServer({ noServer: true });
  const server = createServer();
  server.on("upgrade", (request: IncomingMessage, socket, head) => {
    const caller = {
      box: String(request.headers["cunshao-site"]),
      instance: String(request.headers["cunshao-instance"]),
      address: "192.0.2.7",
      lane: request.headers["cunshao-lane"] === "pictures" ? ("pictures" as const) : ("main" as const),
    };
    deskEnd.admit(caller).then(
      () =>
        sockets.handleUpgrade(request, socket, head, (open) => {
          if (caller.lane === "main") came++;
          lines.set(caller.lane, open);
          deskEnd.accept(caller, open);
        }),
      (error: unknown) => {
        refusals.push(error);
        socket.end("HTTP/1.1 409 Conflict\r\ncontent-length: 0\r\n\r\n");
      },
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    deskEnd.stop();
    server.closeAllConnections();
    server.close();
  });
  return {
    deskEnd,
    refusals,
    /** The newest of each lane. */
    lines,
    came: () => came,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  };
}

/** What stands between box and desk: it can be cut, or forget what it carries without a word. */
async function startNat(url: string) {
  const sockets: Socket[] = [];
  const nat = createLine((near) => {
    const far = connect(Number(new URL(url).port), "127.0.0.1");
    sockets.push(near, far);
    near.on("error", () => far.destroy()).pipe(far);
    far.on("error", () => near.destroy()).pipe(near);
    near.on("close", () => far.destroy());
    far.on("close", () => near.destroy());
  }).listen(0, "127.0.0.1");
  await once(nat, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    nat.close();
  });
  return {
    url: `http://127.0.0.1:${(nat.address() as AddressInfo).port}`,
    forget: () => {
      for (const socket of sockets) socket.unpipe().pause();
    },
    /** Hands nothing on until it is told to: then all at once. */
    hold: () => {
      for (const socket of sockets) socket.unpipe().pause();
      return () => {
        for (let at = 0; at + 1 < sockets.length; at += 2) {
          const [near, far] = sockets.slice(at, at + 2) as [Socket, Socket];
          near.pipe(far).pipe(near);
        }
      };
    },
    cut: () => {
      for (const socket of sockets.splice(0)) socket.destroy();
    },
  };
}

/** A box whose API says its own name, or how long the body was. */
async function startBox(
  url: string,
  {
    instance = "instance-1",
    name = "longwan",
    timing,
  }: { instance?: string; name?: string; timing?: ChannelTiming } = {},
) {
  const from: string[] = [];
  const api = createServer((request, response) => {
    if (request.url === "/never") return;
    if (request.url === "/large") {
      Readable.from(Array.from({ length: 64 }, () => Buffer.alloc(65_536, 7))).pipe(response);
      return;
    }
    response.end(`${name} ${request.method} ${request.url}`);
  });
  const box = createBoxEnd(
    {
      serve(stream, place) {
        from.push(place);
        api.emit("connection", stream);
      },
      tls: async () => ({}),
      clock: systemClock,
      random: () => 0.99,
      log: silentLogger,
    },
    { siteId: "longwan", instance, desk: { id: "township", url, token: "t" }, timing },
  );
  await box.start();
  onTestFinished(() => box.stop());
  return { box, from };
}

function ask(agent: Agent, path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    get({ host: "longwan", path, agent }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      resolve(Buffer.concat(chunks));
    }).on("error", reject);
  });
}

describe("the channel that a box opens", () => {
  test("carries requests of the desk to the box's own API, many at a time", async () => {
    const desk = await startDesk();
    const { from } = await startBox(desk.url);
    await until(() => desk.deskEnd.isOpen("longwan"), { what: "a channel" });
    const agent = desk.deskEnd.roadTo("longwan").openAgent({ maxSockets: 50 });
    const answers = await Promise.all(Array.from({ length: 40 }, (_, index) => ask(agent, `/${index}`)));
    expect(answers.map(String)).toEqual(Array.from({ length: 40 }, (_, index) => `longwan GET /${index}`));
    expect(new Set(from)).toEqual(new Set(["desk/township"]));
  });

  test("lets nobody wait behind pictures that stand still on the line", async () => {
    const desk = await startDesk();
    await startBox(desk.url);
    const pictures = await until(() => desk.lines.get("pictures"), { what: "a lane for pictures" });
    const { openAgent } = desk.deskEnd.roadTo("longwan");
    pictures.pause();
    const picture = ask(openAgent({ maxSockets: 5, lane: "pictures" }), "/large");
    expect(String(await ask(openAgent({ maxSockets: 5 }), "/events"))).toBe("longwan GET /events");
    pictures.resume();
    expect(await picture).toHaveLength(64 * 65_536);
  });

  test("carries pictures by the main lane while they have none of their own", async () => {
    const desk = await startDesk();
    await startBox(desk.url);
    const pictures = await until(() => desk.lines.get("pictures"), { what: "a lane for pictures" });
    pictures.terminate();
    await once(pictures, "close");
    const agent = desk.deskEnd.roadTo("longwan").openAgent({ maxSockets: 5, lane: "pictures" });
    expect(String(await ask(agent, "/picture"))).toBe("longwan GET /picture");
    await until(() => desk.lines.get("pictures") !== pictures, { what: "another lane for pictures" });
    expect(desk.came()).toBe(1);
  });

  test("gives a lane for pictures only to the program that has the main one", async () => {
    const desk = await startDesk();
    await startBox(desk.url);
    await until(() => desk.deskEnd.isOpen("longwan"), { what: "a channel" });
    const other = { box: "longwan", instance: "instance-2", address: "192.0.2.8", lane: "pictures" as const };
    await expect(desk.deskEnd.admit(other)).rejects.toMatchObject({ code: "channel.closed" });
  });

  test("lets no reader that takes nothing keep the others waiting", async () => {
    const desk = await startDesk();
    await startBox(desk.url);
    await until(() => desk.deskEnd.isOpen("longwan"), { what: "a channel" });
    const agent = desk.deskEnd.roadTo("longwan").openAgent({ maxSockets: 50 });
    const stuck = Array.from({ length: 20 }, () => get({ host: "longwan", path: "/large", agent }));
    for (const request of stuck) request.on("error", () => undefined);
    const begun = await Promise.all(stuck.map((request) => once(request, "response")));
    for (const [answer] of begun) (answer as IncomingMessage).on("error", () => undefined);
    expect(String(await ask(agent, "/quick"))).toBe("longwan GET /quick");
    expect(await ask(agent, "/large")).toHaveLength(64 * 65_536);
    for (const request of stuck) request.destroy();
  });

  test("fails at once while it is not open", async () => {
    const desk = await startDesk();
    const agent = desk.deskEnd.roadTo("longwan").openAgent({ maxSockets: 1 });
    await expect(ask(agent, "/")).rejects.toMatchObject({ code: "channel.closed" });
  });

  test("is given up when the other end is gone unheard, and what is asked then fails", async () => {
    const desk = await startDesk(QUICK);
    const nat = await startNat(desk.url);
    await startBox(nat.url);
    await until(() => desk.deskEnd.isOpen("longwan"), { what: "a channel" });
    const agent = desk.deskEnd.roadTo("longwan").openAgent({ maxSockets: 1 });
    const asked = ask(agent, "/never").catch((error: unknown) => error);
    nat.forget();
    await until(() => !desk.deskEnd.isOpen("longwan"), { what: "an end of the channel" });
    expect(await asked).toBeInstanceOf(Error);
  });

  test("outlives pictures that are closed before they have come: of each the box hears beginning and end at once", async () => {
    const desk = await startDesk();
    const nat = await startNat(desk.url);
    await startBox(nat.url);
    await until(() => desk.deskEnd.isOpen("longwan"), { what: "a channel" });
    const agent = desk.deskEnd.roadTo("longwan").openAgent({ maxSockets: 50 });
    const release = nat.hold();
    const asked = Array.from({ length: 20 }, () => get({ host: "longwan", path: "/never", agent }));
    const sent = asked.map((request) => once(request, "finish"));
    for (const request of asked) request.on("error", () => undefined);
    await Promise.all(sent);
    for (const request of asked) request.destroy();
    release();
    expect(String(await ask(agent, "/"))).toBe("longwan GET /");
    expect(desk.came()).toBe(1);
  });

  test("begins anew after the line was cut", async () => {
    const desk = await startDesk();
    const nat = await startNat(desk.url);
    const { box } = await startBox(nat.url);
    await until(() => box.health().status === "ok" && desk.deskEnd.isOpen("longwan"), { what: "a channel" });
    nat.cut();
    await until(() => box.health().status === "degraded", { what: "a box that knows" });
    await until(() => desk.came() === 2 && desk.deskEnd.isOpen("longwan") && box.health().status === "ok", {
      what: "another channel",
    });
  });
});

describe("a second box under the same id", () => {
  test("is refused while the first one answers, and the desk knows of it", async () => {
    const desk = await startDesk();
    await startBox(desk.url, { name: "first" });
    await until(() => desk.deskEnd.isOpen("longwan"), { what: "a channel" });
    const { box } = await startBox(desk.url, { name: "clone", instance: "instance-2" });
    await until(() => box.health().reason, { what: "a refusal" });
    expect(box.health()).toMatchObject({ status: "degraded", reason: "desk.box_taken" });
    expect(desk.deskEnd.contested("longwan")).toMatchObject({ address: "192.0.2.7" });
    const agent = desk.deskEnd.roadTo("longwan").openAgent({ maxSockets: 1 });
    expect(String(await ask(agent, "/"))).toBe("first GET /");
  });

  test("may come and be replaced in the same moment", async () => {
    const desk = await startDesk();
    await startBox(desk.url);
    const line = await until(() => desk.lines.get("main"), { what: "a channel" });
    const caller = { box: "shibei", instance: "i", address: "192.0.2.9", lane: "main" as const };
    desk.deskEnd.accept(caller, line);
    desk.deskEnd.accept(caller, line);
    expect(desk.deskEnd.isOpen("shibei")).toBe(true);
    await new Promise(setImmediate);
  });

  test("is none where the same program comes again: it takes its own place", async () => {
    const desk = await startDesk();
    await startBox(desk.url, { name: "before" });
    await until(() => desk.deskEnd.isOpen("longwan"), { what: "a channel" });
    await startBox(desk.url, { name: "after" });
    await until(() => desk.came() >= 2, { what: "the second channel" });
    expect(desk.refusals).toEqual([]);
    expect(desk.deskEnd.contested("longwan")).toBeUndefined();
  });
});
