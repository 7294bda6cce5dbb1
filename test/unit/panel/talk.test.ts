import { afterEach, beforeEach, describe, expect, test } from "vitest";
import WebSocket from "ws";
import { systemClock } from "../../../src/core/time.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { until } from "../../support/until.ts";
import { order } from "../act/act-rig.ts";
import { arrived } from "./arrived.ts";
import { bearer, listen, makeServer, type PanelServer } from "./panel-fixture.ts";

const HELLO = { speakers: ["pond"], codec: "pcm16", sampleRate: 16_000 };
const RATE = 16_000;

let server: PanelServer;
let base: string;
const open: WebSocket[] = [];

beforeEach(async () => {
  server = await makeServer(systemClock);
  base = (await listen(server)).replace("http", "ws");
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.terminate();
  await server.app.close();
});

interface Told {
  readonly state: string;
  readonly id?: string;
  readonly reason?: string;
  readonly speakers?: readonly { speaker: string; phase: string; by?: { name: string } }[];
}

function connect(headers: Record<string, string> = bearer, address = base) {
  const socket = new WebSocket(`${address}/api/v1/broadcasts/live`, { headers });
  open.push(socket);
  const told: Told[] = [];
  const seen: { close?: { code: number; reason: string } } = {};
  socket.on("message", (data: Buffer) => told.push(JSON.parse(data.toString()) as Told));
  socket.on("close", (code, reason) => {
    seen.close = { code, reason: reason.toString() };
  });
  socket.on("error", () => {});
  const isOpen = new Promise((resolve) => socket.once("open", resolve));
  return { socket, told, seen, isOpen };
}

/** Says hello and goes on speaking in pieces of 20 ms. */
async function talk(hello: object = HELLO, headers: Record<string, string> = bearer) {
  const line = connect(headers);
  await line.isOpen;
  line.socket.send(JSON.stringify(hello));
  const piece = Buffer.from(new Int16Array(RATE / 50).fill(1000).buffer);
  const timer = setInterval(() => line.socket.readyState === WebSocket.OPEN && line.socket.send(piece), 20);
  line.socket.on("close", () => clearInterval(timer));
  const phases = (): string | undefined =>
    line.told
      .findLast(({ state }) => state === "speakers")
      ?.speakers?.map(({ speaker, phase, by }) => [speaker, phase, by?.name].filter(Boolean).join(" "))
      .join(", ");
  return { ...line, phases, hush: () => clearInterval(timer) };
}

const audit = async (type: string) =>
  (await server.ledger.read({ after: 0, limit: 1000 })).filter((event) => event.type === type);

describe("a live voice", () => {
  test("is told when it is heard, is heard, and ends when all is said", async () => {
    const { socket, told, seen, phases } = await talk({ ...HELLO, id: "talk-1" });
    await until(() => phases() === "pond open");
    await until(() => server.talkRig.heard("pond").length > RATE / 10);
    socket.send(JSON.stringify({ end: true }));
    expect(await arrived(() => seen.close)).toEqual({ code: 1000, reason: "live.done" });
    expect(told.filter(({ state }) => state === "accepted")).toEqual([{ state: "accepted", id: "talk-1" }]);
    expect(told.at(-1)).toEqual({ state: "ended", reason: "live.done" });
    expect(await audit("org.cunshao.broadcast.ordered")).toMatchObject([
      { class: "audit", data: { broadcast: "talk-1", live: true, speakers: ["pond"] } },
    ]);
    await until(async () => (await server.talkRig.ends()).join() === "pond played");
  });

  test("of a machine of the township ranks as the township's, of a person as the village's", async () => {
    const person = await talk(HELLO, { cookie: await server.logIn() });
    await until(() => person.phases() === "pond open");
    const township = await talk();
    await until(() => township.phases() === "pond open");
    expect(await arrived(() => person.seen.close)).toEqual({ code: 4000, reason: "live.preempted" });
    expect(person.told.at(-2)?.speakers).toMatchObject([{ phase: "ended", by: { name: "township" } }]);
  });

  test("waits behind another one and is told behind whom", async () => {
    const first = await talk();
    await until(() => first.phases() === "pond open");
    const second = await talk();
    await until(() => second.phases() === "pond waiting township");
    first.socket.close();
    await until(() => second.phases() === "pond open");
  });

  test("whose connection breaks ends at once, and the amplifier goes off", async () => {
    const { socket, phases } = await talk();
    await until(() => phases() === "pond open");
    expect(server.talkRig.isOn("pond")).toBe(true);
    socket.terminate();
    await until(() => !server.talkRig.isOn("pond"));
    await until(async () => (await audit("org.cunshao.talk.ended")).length === 1);
    expect((await audit("org.cunshao.talk.ended"))[0]?.data["reason"]).toBe("live.hung_up");
  });

  test("that stops in the middle of a word ends with the reason", async () => {
    const { phases, hush, seen, told } = await talk();
    await until(() => phases() === "pond open");
    hush();
    await until(() => told.at(-1)?.state === "ended");
    expect(await arrived(() => seen.close)).toEqual({ code: 4000, reason: "live.stalled" });
    await until(() => !server.talkRig.isOn("pond"));
  });

  test("ends when its log-in ends, and says so", async () => {
    const cookie = await server.logIn();
    const { phases, seen, told } = await talk(HELLO, { cookie });
    await until(() => phases() === "pond open");
    await server.app.inject({ method: "DELETE", url: "/api/v1/session", headers: { cookie } });
    expect(await arrived(() => seen.close)).toEqual({ code: 4001, reason: "session.required" });
    expect(told.at(-1)).toEqual({ state: "ended", reason: "session.required" });
    await until(() => !server.talkRig.isOn("pond"));
  });

  test("ends when the panel stops", async () => {
    const { phases, seen } = await talk();
    await until(() => phases() === "pond open");
    await server.app.close();
    expect((await arrived(() => seen.close)).code).toBe(1001);
    await until(() => !server.talkRig.isOn("pond"));
  });

  test("to a speaker that holds recordings only is refused, and nothing is switched on", async () => {
    const { seen, told } = await talk({ ...HELLO, speakers: ["module"] });
    expect(await arrived(() => seen.close)).toEqual({ code: 4000, reason: "speaker.cannot" });
    expect(told.at(-1)).toEqual({ state: "ended", reason: "speaker.cannot" });
    expect(server.talkRig.isOn("module")).toBe(false);
  });

  test("is stopped by what is more important, and told by whom", async () => {
    const { phases, seen, told } = await talk();
    await until(() => phases() === "pond open");
    server.talkRig.desk.submit(
      order("dam", {
        source: { kind: "person", name: "wang" },
        priority: "emergency",
        ...{ isByHand: true, person: "wang", reason: "水库要垮坝" },
      }),
    );
    expect((await arrived(() => seen.close)).reason).toBe("live.preempted");
    expect(told.at(-2)?.speakers).toMatchObject([{ result: "preempted", by: { name: "wang" } }]);
    server.talkRig.desk.silence("dam");
  });
});

describe("is refused with a code, an event and silence:", () => {
  test.each<[string, string, string]>([
    ["no JSON", "{speakers", "request.invalid"],
    [
      "NaN as volume",
      `{"speakers":["pond"],"codec":"pcm16","sampleRate":16000,"volume":NaN}`,
      "request.invalid",
    ],
    ["no number as volume", JSON.stringify({ ...HELLO, volume: "loud" }), "request.invalid"],
    ["a volume of 101", JSON.stringify({ ...HELLO, volume: 101 }), "request.invalid"],
    ["no speakers", JSON.stringify({ ...HELLO, speakers: [] }), "request.invalid"],
    ["a word too many", JSON.stringify({ ...HELLO, repeat: 5 }), "request.invalid"],
    ["a list", "[]", "request.invalid"],
    ["Opus", JSON.stringify({ ...HELLO, codec: "opus" }), "live.codec"],
    ["a rate of 1 Hz", JSON.stringify({ ...HELLO, sampleRate: 1 }), "live.sample_rate"],
    ["an unknown speaker", JSON.stringify({ ...HELLO, speakers: ["moon"] }), "broadcast.no_such_speaker"],
    [
      "an emergency that nobody confirmed",
      JSON.stringify({ ...HELLO, emergency: true }),
      "broadcast.not_confirmed",
    ],
    [
      "an emergency of a machine that names nobody",
      JSON.stringify({ ...HELLO, emergency: true, confirmed: true, reason: "水库要垮坝" }),
      "guard.person_needed",
    ],
  ])("a hello with %s", async (_what, hello, code) => {
    const { socket, seen, told, isOpen } = connect();
    await isOpen;
    socket.send(hello);
    expect((await arrived(() => seen.close)).reason).toBe(code);
    expect(told.at(-1)).toEqual({ state: "refused", reason: code });
    await until(async () => (await audit("org.cunshao.broadcast.refused")).length === 1);
    expect((await audit("org.cunshao.broadcast.refused"))[0]?.data["refusal"]).toBe(code);
    expect(server.talkRig.isOn("pond")).toBe(false);
  });

  test("sound before any hello", async () => {
    const { socket, seen, isOpen } = connect();
    await isOpen;
    socket.send(Buffer.alloc(640));
    expect(await arrived(() => seen.close)).toEqual({ code: 1008, reason: "live.no_hello" });
  });

  test.each<[string, Buffer | string, string]>([
    ["an odd number of bytes", Buffer.alloc(641), "live.bad_frame"],
    ["no bytes at all", Buffer.alloc(0), "live.bad_frame"],
    ["a piece longer than 200 ms", Buffer.alloc(7000), "live.bad_frame"],
    ["text", "hello", "live.unexpected_message"],
    ["a second hello", JSON.stringify(HELLO), "live.unexpected_message"],
  ])("%s in the middle of a talk", async (_what, message, code) => {
    const { socket, seen, told, phases } = await talk();
    await until(() => phases() === "pond open");
    socket.send(message);
    expect((await arrived(() => seen.close)).reason).toBe(code);
    expect(told.at(-1)).toEqual({ state: "ended", reason: code });
    await until(() => !server.talkRig.isOn("pond"));
    await until(async () => (await audit("org.cunshao.talk.ended")).length === 1);
    expect((await audit("org.cunshao.talk.ended"))[0]?.data["reason"]).toBe(code);
  });

  test("a message of a megabyte", async () => {
    const { socket, seen, phases } = await talk();
    await until(() => phases() === "pond open");
    socket.send(Buffer.alloc(1024 * 1024));
    // The connection may be cut before the code (1009, too big) has arrived.
    expect([1006, 1009]).toContain((await arrived(() => seen.close)).code);
    await until(() => !server.talkRig.isOn("pond"));
  });

  test("one that sends ten times too fast", async () => {
    const { socket, seen, phases } = await talk();
    await until(() => phases() === "pond open");
    const fast = setInterval(() => {
      for (let count = 0; count < 10; count++) socket.send(Buffer.alloc(640));
    }, 20);
    expect((await arrived(() => seen.close)).reason).toBe("live.too_fast");
    clearInterval(fast);
    await until(() => !server.talkRig.isOn("pond"));
  });

  test("a seventeenth connection", async () => {
    const lines = Array.from({ length: 16 }, () => connect());
    await Promise.all(lines.map(({ isOpen }) => isOpen));
    const { seen } = connect();
    expect(await arrived(() => seen.close)).toEqual({ code: 4029, reason: "live.full" });
    lines[0]?.socket.close();
    await until(() => server.app.websocketServer.clients.size === 15);
  });

  test("one that says nothing for five seconds", async () => {
    const stepped = createSteppedClock();
    const other = await makeServer(stepped);
    const { seen, isOpen } = connect(bearer, (await listen(other)).replace("http", "ws"));
    await isOpen;
    await until(() => other.app.websocketServer.clients.size === 1);
    stepped.step(5_001);
    expect(await arrived(() => seen.close)).toEqual({ code: 1008, reason: "live.no_hello" });
    await other.app.close();
  });
});
