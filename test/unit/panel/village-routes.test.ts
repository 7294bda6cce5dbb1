import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BroadcastOrder } from "../../../src/core/broadcast.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { AlarmView } from "../../../src/core/village.ts";
import { createSteppedClock, type SteppedClock } from "../../support/stepped-clock.ts";
import { until } from "../../support/until.ts";
import { arrived } from "./arrived.ts";
import { readMessages } from "./event-stream-reader.ts";
import { bearer, listen, makeServer, type PanelServer } from "./panel-fixture.ts";

let clock: SteppedClock;
let server: PanelServer;

beforeEach(async () => {
  clock = createSteppedClock();
  server = await makeServer(clock);
});
afterEach(() => server.app.close());

const get = (path: string, headers: Record<string, string> = bearer) =>
  server.app.inject({ url: `/api/v1${path}`, headers });
const post = (path: string, payload?: object, headers: Record<string, string> = bearer) =>
  server.app.inject({
    method: "POST",
    url: `/api/v1${path}`,
    headers,
    ...(payload === undefined ? {} : { payload }),
  });

const alarm: AlarmView = {
  id: "a1",
  rule: "pond-bank",
  name: "东塘有人靠近",
  place: "东塘",
  camera: "pond-east",
  severity: "warning",
  status: "raised",
  raisedAt: "2026-07-01T06:00:00.000Z",
  seq: 12,
  delivered: [],
};

describe("health", () => {
  test("is public and tells parts only with a log-in", async () => {
    clock.step(5_000);
    const open = await server.app.inject("/api/v1/health");
    expect(open.json()).toEqual({ status: "ok", version: "0.1.0", uptimeSeconds: 5 });
    expect((await get("/health")).json().parts).toEqual([{ name: "panel", status: "ok" }]);
  });
});

describe("evidence", () => {
  const content = Buffer.from("0123456789");

  test("comes whole, never to be asked for again", async () => {
    const id = await server.evidence.put(content, "image/jpeg");
    const answer = await get(`/evidence/${id}`);
    expect(answer.rawPayload).toEqual(content);
    expect(answer.headers).toMatchObject({
      etag: `"${id}"`,
      "content-type": "image/jpeg",
      "content-length": "10",
      "cache-control": "private, max-age=31536000, immutable",
    });
    const again = await get(`/evidence/${id}`, { ...bearer, "if-none-match": `"${id}"` });
    expect([again.statusCode, again.body]).toEqual([304, ""]);
  });

  test.each([
    ["bytes=2-4", 206, "234", "bytes 2-4/10"],
    ["bytes=7-", 206, "789", "bytes 7-9/10"],
    ["bytes=-3", 206, "789", "bytes 7-9/10"],
    ["bytes=8-99", 206, "89", "bytes 8-9/10"],
    ["bytes=-99", 206, "0123456789", "bytes 0-9/10"],
    ["bytes=4-2", 200, "0123456789", undefined],
    ["bytes=0-1,4-5", 200, "0123456789", undefined],
    ["lines=1-2", 200, "0123456789", undefined],
  ])("of the range %s is %i %s", async (range, status, body, contentRange) => {
    const id = await server.evidence.put(content, "video/mp4");
    const answer = await get(`/evidence/${id}`, { ...bearer, range });
    expect([answer.statusCode, answer.body, answer.headers["content-range"]]).toEqual([
      status,
      body,
      contentRange,
    ]);
  });

  test.each(["bytes=10-", "bytes=-0"])("of the range %s is 416 with the size", async (range) => {
    const id = await server.evidence.put(content, "video/mp4");
    const answer = await get(`/evidence/${id}`, { ...bearer, range });
    expect([answer.statusCode, answer.headers["content-range"]]).toEqual([416, "bytes */10"]);
  });

  test("that does not exist is 404, and an id that is no SHA-256 is 400", async () => {
    expect((await get(`/evidence/${"0".repeat(64)}`)).statusCode).toBe(404);
    expect((await get("/evidence/abc")).statusCode).toBe(400);
  });

  test("whose file is gone is 410", async () => {
    server.evidence.find = async () => ({ path: "/nonexistent/x", mediaType: "image/jpeg", sizeBytes: 1 });
    expect((await get(`/evidence/${"0".repeat(64)}`)).json().code).toBe("evidence.missing");
  });
});

describe("alarms", () => {
  test("are acknowledged and cleared in the name of who did it", async () => {
    server.village.update({ alarms: [alarm] });
    const cookie = await server.logIn();
    expect((await post("/alarms/a1/acknowledge", undefined, { cookie })).json()).toMatchObject({
      id: "a1",
      status: "acknowledged",
    });
    expect((await post("/alarms/a1/clear")).json().status).toBe("cleared");
    expect(server.village.handled.map(({ what, by }) => [what, by])).toEqual([
      ["acknowledged", { kind: "person", name: "admin" }],
      ["cleared", { kind: "township", name: "township" }],
    ]);
    expect((await get("/alarms")).json()).toHaveLength(1);
  });

  test("that are unknown are 404, and cleared ones cannot be acknowledged", async () => {
    server.village.update({ alarms: [{ ...alarm, status: "cleared" }] });
    expect((await post("/alarms/none/clear")).json().code).toBe("alarm.unknown");
    const late = await post("/alarms/a1/acknowledge");
    expect([late.statusCode, late.json().code]).toEqual([409, "alarm.cleared"]);
  });
});

describe("cameras", () => {
  test("are listed with their zones", async () => {
    expect((await get("/cameras")).json()).toMatchObject([
      { id: "pond-east", state: "running", zones: [{ id: "bank" }] },
    ]);
  });

  test("give one picture to all who ask within half a second", async () => {
    const ask = () => get("/cameras/pond-east/snapshot.jpg");
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect(answers.map(({ headers }) => headers["content-type"])).toEqual(Array(3).fill("image/jpeg"));
    expect(server.village.pictures.count).toBe(1);
    clock.step(500);
    await ask();
    expect(server.village.pictures.count).toBe(2);
  });

  test("without a picture are 503, and are asked again", async () => {
    server.village.snapshotOf = async () => {
      throw new GatewayError("Nothing yet", { code: "video.no_picture", kind: "transient" });
    };
    for (let attempt = 1; attempt <= 2; attempt++) {
      const answer = await get("/cameras/pond-east/snapshot.jpg");
      expect([answer.statusCode, answer.json().code]).toEqual([503, "video.no_picture"]);
      expect(server.village.pictures.count).toBe(attempt);
    }
    expect((await get("/cameras/none/snapshot.jpg")).statusCode).toBe(404);
  });

  test("live without a WebSocket is told to use one", async () => {
    expect((await get("/cameras/pond-east/live")).statusCode).toBe(426);
  });
});

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

describe("sensors", () => {
  test("give their readings of the last day, or of a span", async () => {
    for (const [hoursAgo, value] of [
      [30, 1],
      [20, 2],
      [1, 3],
    ] as const) {
      const at = new Date(clock.now().wallMs - hoursAgo * 3_600_000).toISOString();
      server.readings.add({ sensor: "pond-level", at, value, quality: "good" });
    }
    const values = async (query: string) =>
      (await get(`/sensors/pond-level/readings${query}`)).json<{ value: number }[]>().map((one) => one.value);
    expect(await values("")).toEqual([2, 3]);
    expect(await values("?limit=1")).toEqual([2]);
    expect(await values("?from=2026-06-29T00:00:00Z&to=2026-06-30T09:00:00Z")).toEqual([1]);
    expect(await values("?from=2026-06-30T18:00:00%2B08:00")).toEqual([2, 3]);
    expect((await get("/sensors")).json()).toMatchObject([{ id: "pond-level", value: 2.31 }]);
  });

  test.each([
    ["pond-level", "?from=yesterday", 400],
    ["pond-level", "?limit=10001", 400],
    ["pond-level", "?from=2026-07-01T06:00:00Z&to=2026-06-01T06:00:00Z", 400],
    ["none", "", 404],
  ])("%s with %s is %i", async (id, query, status) => {
    expect((await get(`/sensors/${id}/readings${query}`)).statusCode).toBe(status);
  });
});

describe("the state", () => {
  test("comes whole", async () => {
    expect((await get("/state")).json()).toMatchObject({ site: { name: "龙湾村" }, cameras: [{}] });
  });

  test("streams at once, at each change, and beats between", async () => {
    const stream = await readMessages(`${await listen(server)}/api/v1/state/stream`, bearer);
    await until(() => stream.messages.length === 1);
    server.village.update({ alarms: [alarm] });
    const second = await arrived(() => stream.messages[1]);
    expect(JSON.parse(second.data).alarms).toHaveLength(1);
    const beat = await arrived(() => {
      clock.step(5_000);
      return stream.messages[2];
    });
    expect(beat.event).toBe("beat");
    await stream.close();
  });
});

describe("metrics", () => {
  test("speak Prometheus", async () => {
    const text = (await get("/metrics")).body;
    expect(text).toContain("# TYPE cunshao_ledger_head gauge\ncunshao_ledger_head 0\n");
    expect(text).toContain('cunshao_camera_up{camera="pond-east"} 1\n');
    expect(text).toContain('cunshao_live_viewers{format="mp4"} 0\n');
    expect(text).toContain("# TYPE cunshao_live_dropped_frames_total counter\n");
    expect(text.endsWith("\n")).toBe(true);
  });

  test("tell of each camera how old analysed frames are, what was left out, and what is decoded", async () => {
    const lines = (await get("/metrics")).body.split("\n");
    expect(lines).toEqual(
      expect.arrayContaining([
        "# TYPE cunshao_analysed_frame_age_seconds summary",
        'cunshao_analysed_frame_age_seconds{camera="pond-east",quantile="1"} 0.31',
        'cunshao_analysed_frame_age_seconds_sum{camera="pond-east"} 6.5',
        'cunshao_analysed_frame_age_seconds_count{camera="pond-east"} 40',
        'cunshao_analysis_skipped_total{camera="pond-east"} 2',
        'cunshao_analysis_full_rate{camera="pond-east"} 0',
        'cunshao_camera_key_frame_seconds{camera="pond-east"} 0.8',
      ]),
    );
  });

  test("tell of recordings, of what the disk holds and of how the card wears", async () => {
    const before = (await get("/metrics")).body;
    expect(before).not.toContain("cunshao_storage_free_bytes");
    const camera = { camera: "pond-east", daysHeld: 11.5, sizeBytes: 9e9, writtenBytes: 4e9, gaps: 2 };
    server.village.update({
      cameras: server.village.state().cameras.map((one) => ({
        ...one,
        recording: { state: "recording" as const, reason: "" },
      })),
      storage: {
        outlook: { days: 12, wantedDays: 30, basis: "measured" },
        freeBytes: 1e9,
        freeInodes: 1000,
        cameras: [camera],
        writtenPerDay: { videoBytes: 40e9, otherBytes: 2e8 },
        cardLifeDays: 900,
      },
    });
    const text = (await get("/metrics")).body;
    for (const line of [
      'cunshao_recording_active{camera="pond-east"} 1',
      'cunshao_recording_days_held{camera="pond-east"} 11.5',
      "# TYPE cunshao_recording_gaps_total counter",
      'cunshao_recording_gaps_total{camera="pond-east"} 2',
      'cunshao_recording_days_expected{basis="measured"} 12',
      "cunshao_recording_days_wanted 30",
      "cunshao_storage_free_bytes 1000000000",
      "cunshao_storage_free_inodes 1000",
      'cunshao_written_bytes_per_day{kind="video"} 40000000000',
      'cunshao_written_bytes_per_day{kind="other"} 200000000',
      "cunshao_card_life_days 900",
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });
});
