import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BroadcastOrder } from "../../../src/core/broadcast.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { bearer, makeServer, type PanelServer } from "./panel-fixture.ts";

let server: PanelServer;

beforeEach(async () => {
  server = await makeServer(createSteppedClock());
});
afterEach(() => server.app.close());

const get = (path: string) => server.app.inject({ url: `/api/v1${path}`, headers: bearer });
const post = (path: string, payload: object, headers: Record<string, string> = bearer) =>
  server.app.inject({ method: "POST", url: `/api/v1${path}`, headers, payload });

describe("broadcasts", () => {
  const order = { id: "b1", speakers: ["pond"], text: " 水边危险 ", repeat: 2, volume: 70 };

  test("are handed to the village once, however often they are sent", async () => {
    const answers = await Promise.all([post("/broadcasts", order), post("/broadcasts", order)]);
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([202, 202]);
    expect(server.village.said).toEqual([
      {
        id: "b1",
        speakers: ["pond"],
        repeat: 2,
        volume: 70,
        content: { kind: "text", text: "水边危险" },
        priority: "township",
        source: { kind: "township", name: "township" },
        address: "127.0.0.1",
      },
    ]);
    const other = await post("/broadcasts", { ...order, text: "别的话" });
    expect([other.statusCode, other.json().code]).toEqual([409, "broadcast.id_reused"]);
  });

  test("get an id and defaults", async () => {
    const cookie = await server.logIn();
    const answer = await post("/broadcasts", { speakers: ["pond"], text: "开会" }, { cookie });
    expect(answer.json()).toMatchObject({ text: "开会", repeat: 1, volume: 80 });
    expect(answer.json().id).toMatch(/^panel-[0-9a-f]{24}$/);
    expect(server.village.said[0]).toMatchObject({
      priority: "local",
      source: { kind: "person", name: "admin" },
      person: "admin",
      isByHand: true,
    });
  });

  test("are spoken even when the ledger takes nothing more", async () => {
    server.ledger.failing = true;
    expect((await post("/broadcasts", order)).statusCode).toBe(202);
    expect(server.village.said).toHaveLength(1);
  });

  test.each([
    [{ ...order, text: 5 }],
    [{ ...order, notBefore: "tomorrow" }],
    [{ ...order, expires: "2026-07-01" }],
    [{ ...order, whenPreempted: "wait" }],
    [{ ...order, emergency: "yes" }],
    [{ ...order, speakers: [] }],
    [{ ...order, speakers: ["pond", "pond"] }],
    [{ ...order, speakers: "pond" }],
    [{ ...order, repeat: 0 }],
    [{ ...order, repeat: 6 }],
    [{ ...order, repeat: 1.5 }],
    [{ ...order, volume: 101 }],
    [{ ...order, volume: -1 }],
    [{ ...order, id: "../x" }],
  ])("like %j are refused", async (payload) => {
    const answer = await post("/broadcasts", payload);
    expect([answer.statusCode, answer.json().code]).toEqual([400, "request.invalid"]);
    expect(server.village.said).toEqual([]);
    const [event] = await server.ledger.latest(1);
    expect(event).toMatchObject({
      type: "org.cunshao.broadcast.refused",
      data: { refusal: "request.invalid" },
    });
  });

  test.each([
    ["", "broadcast.text_empty"],
    ["   ", "broadcast.text_empty"],
    ["长".repeat(10_000), "broadcast.text_too_long"],
    ["一\n二", "broadcast.text_control"],
    ["一\u0000二", "broadcast.text_control"],
    ["一\u202e二", "broadcast.text_control"],
    ["一\ud800二", "broadcast.text_control"],
    ["<speak>水边<break/></speak>", "broadcast.text_markup"],
  ])(
    "with words that nobody can say are refused, with a word of their own and an event: %j",
    async (text, code) => {
      const answer = await post("/broadcasts", { ...order, text });
      expect([answer.statusCode, answer.json().code]).toEqual([400, code]);
      expect(server.village.said).toEqual([]);
      const [event] = await server.ledger.latest(1);
      expect(event).toMatchObject({
        type: "org.cunshao.broadcast.refused",
        class: "audit",
        data: { refusal: code, by: { kind: "township", name: "township" }, address: "127.0.0.1" },
      });
      expect(String(event?.data["text"]).length).toBeLessThanOrEqual(200);
    },
  );

  test("that are none fill the ledger no faster than a person would", async () => {
    for (let i = 0; i < 30; i++) await post("/broadcasts", { ...order, text: "" });
    expect(await server.ledger.latest(100)).toHaveLength(20);
  });

  test("for an emergency are confirmed and say why; the ledger names who", async () => {
    const cookie = await server.logIn();
    const emergency = { ...order, emergency: true, reason: "水库要垮坝" };
    const unconfirmed = await post("/broadcasts", emergency, { cookie });
    expect([unconfirmed.statusCode, unconfirmed.json().code]).toEqual([422, "broadcast.not_confirmed"]);
    const answer = await post("/broadcasts", { ...emergency, confirmed: true }, { cookie });
    expect(answer.json()).toMatchObject({ priority: "emergency" });
    expect(server.village.said).toMatchObject([
      { priority: "emergency", reason: "水库要垮坝", person: "admin", isByHand: true },
    ]);
  });

  test("of a machine for an emergency name a person, who did not give it by hand", async () => {
    const payload = { ...order, emergency: true, confirmed: true, reason: "洪水", person: "王主任" };
    await post("/broadcasts", payload);
    expect(server.village.said[0]).toMatchObject({ priority: "emergency", person: "王主任" });
    expect(server.village.said[0]?.isByHand).toBeUndefined();
  });

  test("may have a time, an end and a way to go on", async () => {
    const dates = { notBefore: "2026-07-02T07:00:00+08:00", expires: "2026-07-02T08:00:00+08:00" };
    await post("/broadcasts", { ...order, ...dates, whenPreempted: "resume" });
    expect(server.village.said[0]).toMatchObject({
      notBeforeMs: Date.parse(dates.notBefore),
      expiresMs: Date.parse(dates.expires),
      whenPreempted: "resume",
    });
  });

  test("may name a group, and those that wait are listed with what for", async () => {
    const groups = [{ id: "east", name: "东片", speakers: ["pond"] }];
    const waiting: BroadcastOrder = {
      id: "b7",
      source: { kind: "schedule", name: "bell" },
      priority: "schedule",
      speakers: ["pond"],
      content: { kind: "text", text: "早上好" },
      repeat: 1,
      volume: 60,
    };
    server.village.update({
      horns: {
        groups,
        queue: [{ order: waiting, speakers: ["pond"], waitsFor: "clock" }],
        killSwitch: { input: "mute", closed: true },
      },
    });
    expect((await post("/broadcasts", { ...order, speakers: ["east"] })).statusCode).toBe(202);
    expect((await get("/broadcasts")).json()).toMatchObject({
      queue: [{ id: "b7", speakers: ["pond"], waitsFor: "clock" }],
      killSwitch: true,
    });
  });

  test("to an unknown horn are refused", async () => {
    const answer = await post("/broadcasts", { ...order, speakers: ["pond", "none"] });
    expect([answer.statusCode, answer.json().code]).toEqual([422, "broadcast.unknown_speaker"]);
  });

  test("that the village refuses may be sent again under their id", async () => {
    server.village.refuseToSay = new GatewayError("Quiet hours", {
      code: "broadcast.quiet",
      kind: "permanent",
    });
    expect((await post("/broadcasts", order)).json()).toMatchObject({
      status: 409,
      code: "broadcast.quiet",
    });
    server.village.refuseToSay = undefined;
    expect((await post("/broadcasts", order)).statusCode).toBe(202);
  });

  test("are listed while they sound and after they ended, and can be silenced", async () => {
    await post("/broadcasts", order);
    await server.ledger.append({
      type: "org.cunshao.broadcast.finished",
      class: "state",
      data: { broadcast: "b0", speaker: "pond", result: "played" },
    });
    const listed = (await get("/broadcasts")).json();
    expect(listed.current).toMatchObject([{ id: "b1", speakers: [{ speaker: "pond", phase: "playing" }] }]);
    expect(listed.finished).toMatchObject([{ broadcast: "b0", result: "played" }]);

    const silence = () =>
      server.app.inject({ method: "DELETE", url: "/api/v1/broadcasts/b1", headers: bearer });
    expect((await silence()).statusCode).toBe(204);
    expect((await silence()).json().code).toBe("broadcast.unknown");
    expect((await get("/broadcasts")).json().current).toEqual([]);
  });
});
