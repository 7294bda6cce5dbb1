import { afterEach, beforeEach, describe, expect, test } from "vitest";
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

  test("of former days come in steps, before what is known and within days", async () => {
    const former = (seq: number, raisedAt: string) => ({ ...alarm, id: `a${seq}`, seq, raisedAt });
    server.village.formerAlarms = [
      former(1, "2026-05-01T06:00:00.000Z"),
      former(2, "2026-06-01T06:00:00.000Z"),
      former(3, "2026-06-02T06:00:00.000Z"),
    ];
    server.village.update({ alarms: [alarm] });
    const seqs = async (query: string) =>
      (await get(`/alarms?${query}`)).json().map(({ seq }: AlarmView) => seq);
    expect(await seqs("before=12&limit=2")).toEqual([3, 2]);
    expect(await seqs("before=2")).toEqual([1]);
    const june = "from=2026-06-01T00:00:00%2B08:00&until=2026-06-02T00:00:00%2B08:00";
    expect(await seqs(june)).toEqual([2]);
  });

  test("are exported as a table, which is in the audit", async () => {
    server.village.update({ alarms: [alarm, { ...alarm, id: "a2", seq: 13 }] });
    const span = "from=2026-07-01T00:00:00Z&until=2026-07-02T00:00:00Z";
    const answer = await get(`/alarms/export.csv?${span}`);
    expect(answer.headers).toMatchObject({ "content-type": "text/csv; charset=utf-8" });
    expect(
      answer.body
        .split("\r\n")
        .slice(1, 3)
        .map((line) => line.split(",")[0]),
    ).toEqual(["12", "13"]);
    const [told] = await server.ledger.latest(1);
    expect(told).toMatchObject({ type: "org.cunshao.alarms.exported", data: { alarms: 2 } });
  });

  test.each([
    ["?before=0", 400],
    ["?limit=101", 400],
    ["?from=yesterday", 400],
    ["/export.csv", 400],
    ["/export.csv?from=2026-07-02T00:00:00Z&until=2026-07-01T00:00:00Z", 422],
  ])("%s is refused with %i", async (query, status) => {
    expect((await get(`/alarms${query}`)).statusCode).toBe(status);
  });

  test("are noted on for whoever comes next, in the writer's name", async () => {
    server.village.update({ alarms: [{ ...alarm, status: "cleared" }] });
    const cookie = await server.logIn();
    const noted = await post("/alarms/a1/notes", { text: "  人已劝离，\n孩子送回家了 " }, { cookie });
    expect(noted.json().notes).toMatchObject([{ by: "admin", text: "人已劝离，\n孩子送回家了" }]);
    expect((await post("/alarms/none/notes", { text: "x" }, { cookie })).json().code).toBe("alarm.unknown");
  });

  test("are noted on and cleared also where so many came after them that they are shown no more", async () => {
    const newer = Array.from({ length: 51 }, (_, index) => ({ ...alarm, id: `n${index}`, seq: 13 + index }));
    server.village.formerAlarms = [alarm];
    server.village.update({ alarms: newer });
    const noted = await post("/alarms/a1/notes", { text: "人已劝离" });
    expect([noted.statusCode, noted.json().id]).toEqual([200, "a1"]);
    const ended = await post("/alarms/a1/clear");
    expect([ended.statusCode, ended.json().status]).toEqual([200, "cleared"]);
    expect((await get("/alarms/a1")).json()).toMatchObject({
      ...{ id: "a1", status: "cleared" },
      notes: [{ by: "township", text: "人已劝离" }],
    });
    expect((await get("/alarms/none")).json().code).toBe("alarm.unknown");
  });

  test.each([
    ["nothing", ""],
    ["blanks", "  \n "],
    ["501 characters", "长".repeat(501)],
    ["control characters", "a\u001b[31mb"],
    ["no text", 7],
  ])("take %s for no note", async (_what, text) => {
    server.village.update({ alarms: [alarm] });
    const refused = await post("/alarms/a1/notes", { text });
    expect([refused.statusCode, refused.json().code]).toEqual([400, "request.invalid"]);
    expect(server.village.state().alarms[0]?.notes).toBeUndefined();
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

  test("tell when an upstream was last heard, what waits for it, about how long, and what it refused", async () => {
    server.village.update({
      upstreams: [
        {
          ...{ id: "township", kind: "http", status: "unreachable", since: "2026-07-01T05:00:00.000Z" },
          ...{ lastHeardAt: "2026-07-01T05:00:00.000Z", waitingEvents: 1200, waitingAlarms: 3 },
          ...{ secondsToSend: 400, deadLetters: 2, reason: "upstream.network" },
        },
        {
          ...{ id: "county", kind: "mqtt", status: "connected", since: "2026-07-01T05:00:00.000Z" },
          ...{ waitingEvents: 0, waitingAlarms: 0 },
        },
      ],
    });
    const lines = (await get("/metrics")).body.split("\n");
    expect(lines.filter((line) => line.startsWith("cunshao_upstream_"))).toEqual([
      'cunshao_upstream_waiting_events{upstream="township"} 1200',
      'cunshao_upstream_waiting_events{upstream="county"} 0',
      'cunshao_upstream_waiting_alarms{upstream="township"} 3',
      'cunshao_upstream_waiting_alarms{upstream="county"} 0',
      'cunshao_upstream_send_seconds{upstream="township"} 400',
      `cunshao_upstream_last_heard_timestamp_seconds{upstream="township"} ${Date.parse("2026-07-01T05:00:00.000Z") / 1000}`,
      'cunshao_upstream_dead_letters{upstream="township"} 2',
      'cunshao_upstream_dead_letters{upstream="county"} 0',
      'cunshao_upstream_connected{upstream="township"} 0',
      'cunshao_upstream_connected{upstream="county"} 1',
    ]);
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
