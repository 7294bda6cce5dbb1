import { execFileSync, spawnSync } from "node:child_process";
import { rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import WebSocket from "ws";
import { addClip, addPicture, type DeskOfOne, raise, startDeskOfOne } from "../support/desk-of-one.ts";
import { fragment, INIT } from "../support/live-double.ts";
import { until } from "../support/until.ts";
import { PASSWORD, type PanelServer } from "../unit/panel/panel-fixture.ts";

const alarmAt = async ({ state }: DeskOfOne, id = "a1") =>
  (await state()).alarms.find((alarm) => alarm.id === id);

describe.each(["direct", "reverse"] as const)("a village that is reached by the road %s", (reach) => {
  test("is heard, and its alarm stands in the township's queue with the village's own words", async () => {
    const desk = await startDeskOfOne(reach);
    expect(await desk.here()).toMatchObject({ id: "test", name: "龙湾村", reach, waitingEvents: 0 });
    await raise(desk.box);
    expect(await desk.alarm()).toMatchObject({
      ...{ box: "test", name: "东塘有人靠近", place: "东塘", camera: "pond-east" },
      ...{ severity: "warning", status: "raised", kept: [] },
    });
    expect((await desk.state()).boxes).toMatchObject([{ openAlarms: 1, waitingAlarms: 1, worst: "warning" }]);
  });

  test("is told who at the desk has taken care of an alarm", async () => {
    const desk = await startDeskOfOne(reach);
    await desk.here();
    await raise(desk.box);
    await until(() => alarmAt(desk));
    const answer = await desk.ask("POST", "/boxes/test/alarms/a1/acknowledge", {});
    expect(answer).toMatchObject({ status: 200, body: { status: "done" } });
    expect(desk.box.village.handled).toEqual([
      { alarm: "a1", what: "acknowledged", by: { kind: "township", name: "admin@desk" } },
    ]);
    // The event of it is not in the village's ledger, as if it were still on its way.
    expect(await alarmAt(desk)).toMatchObject({ status: "acknowledged", acknowledgedBy: "admin", kept: [] });
  });

  test("is seen: its state, its pictures and its live view come through the desk", async () => {
    const desk = await startDeskOfOne(reach);
    await desk.here();
    const state = await desk.ask("GET", "/boxes/test/state");
    expect(state).toMatchObject({ status: 200, body: { site: { name: "龙湾村" } } });
    const picture = await desk.ask("GET", "/boxes/test/cameras/pond-east/snapshot.jpg");
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/jpeg"]);

    const socket = new WebSocket(
      `${desk.url.replace("http", "ws")}/api/v1/boxes/test/cameras/pond-east/live`,
      {
        headers: desk.headers,
      },
    );
    const received: (string | Buffer)[] = [];
    socket.on("message", (data: Buffer, isBinary) => received.push(isBinary ? data : data.toString()));
    await until(() => desk.box.pond.leases() > 0, { what: "a camera that is watched" });
    desk.box.pond.hub.begin(INIT);
    desk.box.pond.hub.push(fragment("K1"));
    await until(() => received.some((each) => Buffer.isBuffer(each)), { what: "pictures" });
    expect(typeof received[0]).toBe("string");
    socket.terminate();
    await until(() => desk.box.pond.leases() === 0, { what: "a camera that nobody watches any more" });
  });

  test("hears a voice from the desk on its horns", async () => {
    const desk = await startDeskOfOne(reach);
    await desk.here();
    const socket = new WebSocket(`${desk.url.replace("http", "ws")}/api/v1/boxes/test/broadcasts/live`, {
      headers: desk.headers,
    });
    const told: { state: string }[] = [];
    socket.on("message", (data: Buffer) => told.push(JSON.parse(data.toString())));
    socket.on("open", () =>
      socket.send(JSON.stringify({ speakers: ["pond"], codec: "pcm16", sampleRate: 16_000 })),
    );
    const piece = Buffer.from(new Int16Array(320).fill(1000).buffer);
    const timer = setInterval(() => socket.readyState === WebSocket.OPEN && socket.send(piece), 20);
    await until(() => desk.box.talkRig.heard("pond").length > 1600, { what: "a voice at the horn" });
    clearInterval(timer);
    socket.send(JSON.stringify({ end: true }));
    await until(() => told.some(({ state }) => state === "ended"), { what: "an end" });
  });
});

describe("a village that is away", () => {
  test("is said to be away since it was heard last, and is told afterwards what was done meanwhile, once", async () => {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    await raise(desk.box);
    await until(() => alarmAt(desk));
    await desk.cut();
    const away = await until(async () => (await desk.state()).boxes.find(({ status }) => status === "away"), {
      what: "a village that is away",
    });
    expect(away.since).toBe(away.lastHeardAt);
    const kept = await desk.ask("POST", "/boxes/test/alarms/a1/acknowledge", {});
    expect(kept).toMatchObject({ status: 202, body: { status: "kept" } });
    expect(await desk.ask("GET", "/boxes/test/state")).toMatchObject({
      status: 503,
      body: { code: "desk.box_away" },
    });
    // The desk's PC is switched off over night.
    await desk.restart();
    expect((await alarmAt(desk))?.kept).toMatchObject([{ kind: "acknowledge", person: "admin" }]);
    await desk.mend();
    await until(() => desk.box.village.handled.length > 0, { timeoutMs: 30_000, what: "what was done" });
    await until(async () => (await alarmAt(desk))?.kept.length === 0);
    expect(desk.box.village.handled).toHaveLength(1);
  });

  test("is still seen as it was: the words of its alarms and their pictures, also after the desk was switched off", async () => {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    await raise(desk.box);
    const picture = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(5000, 1)]);
    const sha256 = await addPicture(desk.box, picture);
    await until(async () => ((await desk.alarm()).snapshot ? desk.state() : undefined));
    await until(async () => ((await desk.state()).boxes[0]?.files.bytes ?? 0) >= picture.length, {
      what: "a picture at the desk",
    });
    await desk.cut();
    await desk.boxWith({ status: "away" });
    await desk.restart();
    expect(await alarmAt(desk)).toMatchObject({ name: "东塘有人靠近", place: "东塘", snapshot: sha256 });
    const shown = await desk.ask("GET", `/boxes/test/evidence/${sha256}`);
    expect([shown.status, shown.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
    expect(Number(shown.headers.get("content-length"))).toBe(picture.length);
  });
});

describe("a village whose card was lost", () => {
  test("lets the desk end the alarms of which its new ledger knows nothing, and the desk alone remembers that", async () => {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    await raise(desk.box);
    await until(() => alarmAt(desk));
    await desk.cut();
    await desk.boxWith({ status: "away" });
    const anew = await desk.anew();
    await raise(anew, "a2");
    await until(() => alarmAt(desk, "a2"), { what: "an alarm of the new ledger" });

    const path = "/boxes/test/alarms/a1";
    for (const [kind, body] of [
      ["acknowledge", {}],
      ["notes", { text: "人已经上岸" }],
      ["clear", {}],
    ] as const) {
      expect(await desk.ask("POST", `${path}/${kind}`, body), kind).toMatchObject({
        status: 200,
        body: { status: "here" },
      });
    }
    const ended = { status: "cleared", acknowledgedBy: "admin", isForgotten: true, kept: [] };
    expect(await alarmAt(desk)).toMatchObject({ ...ended, notes: [{ by: "admin", text: "人已经上岸" }] });
    await desk.restart();
    expect(await alarmAt(desk)).toMatchObject({ ...ended, notes: [{ by: "admin", text: "人已经上岸" }] });
    expect((await desk.state()).boxes).toMatchObject([{ openAlarms: 1, waitingAlarms: 1, keptActs: 0 }]);
  });

  test("still has its own say about the alarms of its new ledger", async () => {
    const desk = await startDeskOfOne("direct");
    await desk.here();
    // An alarm in the ledger that the village itself does not know.
    await desk.box.ledger.append({
      ...{ type: "org.cunshao.alarm.raised", class: "alarm", subject: "a1" },
      data: { rule: "pond-bank", severity: "warning" },
    });
    await until(() => alarmAt(desk));
    expect(await desk.ask("POST", "/boxes/test/alarms/a1/clear", {})).toMatchObject({
      status: 404,
      body: { code: "alarm.unknown" },
    });
    expect(await alarmAt(desk)).toMatchObject({ status: "raised" });
  });
});

describe("the clip of an alarm", () => {
  const FILM = Buffer.concat([Buffer.from("\0\0\0\x20ftypisom"), Buffer.alloc(50_000, 7)]);

  async function startWithClip() {
    const desk = await startDeskOfOne("reverse");
    await desk.here();
    await raise(desk.box);
    const path = `/boxes/test/evidence/${await addClip(desk.box, FILM)}`;
    await until(async () => ((await desk.state()).boxes[0]?.files.bytes ?? 0) >= FILM.length, {
      what: "a clip at the desk",
    });
    return { ...desk, path };
  }
  async function asViewer({ ask, logIn }: DeskOfOne) {
    await ask("POST", "/accounts", { username: "viewer", password: PASSWORD, role: "viewer" });
    return logIn("viewer");
  }

  test("is the village's to show while it is there: it keeps who looked, and why", async () => {
    const desk = await startWithClip();
    expect(await desk.ask("GET", desk.path)).toMatchObject({
      status: 400,
      body: { code: "reason.required" },
    });
    const shown = await desk.ask("GET", `${desk.path}?reason=${encodeURIComponent("核实报警")}`);
    expect([shown.status, shown.headers.get("content-type")]).toEqual([200, "video/mp4"]);
    const events = await desk.box.ledger.read({ after: 0, limit: 100 });
    // The desk itself fetched it without one: it keeps what the ledger lists.
    expect(events.filter(({ type }) => type === "org.cunshao.evidence.viewed").at(-1)).toMatchObject({
      data: { reason: "核实报警", by: { name: "admin@desk" } },
    });
  });

  test("comes out of the desk's copy while the village is away, whole or a part, to whoever may and says why", async () => {
    const desk = await startWithClip();
    await desk.cut();
    await desk.boxWith({ status: "away" });
    expect(await desk.ask("GET", desk.path)).toMatchObject({
      status: 400,
      body: { code: "reason.required" },
    });
    const path = `${desk.path}?reason=${encodeURIComponent("核实报警")}`;
    const refused = await desk.ask("GET", path, undefined, await asViewer(desk));
    expect(refused).toMatchObject({ status: 403, body: { code: "access.denied" } });
    const whole = await desk.ask("GET", path);
    expect([whole.status, whole.headers.get("content-type"), whole.headers.get("content-length")]).toEqual([
      ...[200, "video/mp4", String(FILM.length)],
    ]);
    const part = await desk.ask("GET", path, undefined, { ...desk.headers, range: "bytes=4-11" });
    expect([part.status, part.text, part.headers.get("content-range")]).toEqual([
      ...[206, "ftypisom", `bytes 4-11/${FILM.length}`],
    ]);
    const beyond = await desk.ask("GET", path, undefined, { ...desk.headers, range: "bytes=900000-" });
    expect(beyond).toMatchObject({ status: 416, body: { code: "evidence.range" } });
  });

  test.each([
    [
      "has let go of it",
      ({ evidence }: PanelServer) => Object.assign(evidence, { find: async () => undefined }),
    ],
    [
      "has lost it",
      async ({ evidence }: PanelServer, id: string) => rm((await evidence.find(id))?.path ?? ""),
    ],
  ])("comes out of the desk's copy where the village is there and %s", async (_what, lose) => {
    const desk = await startWithClip();
    await lose(desk.box, desk.path.slice(-64));
    const path = `${desk.path}?reason=${encodeURIComponent("核实报警")}`;
    const shown = await desk.ask("GET", path);
    expect([shown.status, shown.headers.get("content-type"), shown.headers.get("content-length")]).toEqual([
      ...[200, "video/mp4", String(FILM.length)],
    ]);
    expect(await desk.ask("GET", desk.path)).toMatchObject({
      status: 400,
      body: { code: "reason.required" },
    });
    const refused = await desk.ask("GET", path, undefined, await asViewer(desk));
    expect(refused).toMatchObject({ status: 403, body: { code: "access.denied" } });
  });
});

describe("what is not let through", () => {
  test("nobody at the desk does in a village what he may not do at the desk", async () => {
    const desk = await startDeskOfOne("direct");
    await desk.here();
    await desk.ask("POST", "/accounts", {
      username: "viewer",
      password: "correct horse battery",
      role: "viewer",
    });
    const viewer = await desk.logIn("viewer");
    const order = { speakers: ["pond"], text: "水边危险", repeat: 1, volume: 50 };
    const refused = await desk.ask("POST", "/boxes/test/broadcasts", order, viewer);
    expect(refused).toMatchObject({ status: 403, body: { code: "access.denied" } });
    expect(await desk.ask("POST", "/boxes/test/broadcasts", order)).toMatchObject({ status: 202 });
    expect(desk.box.village.said).toMatchObject([
      { source: { kind: "township", name: "desk" }, person: "admin" },
    ]);
  });

  test.each([
    "/boxes/test/session",
    "/boxes/test/cursors",
    "/boxes/test/accounts",
    "/boxes/test/commands",
    "/boxes/test/cameras/%2e%2e/session",
    "/boxes/other/state",
  ])("%s is nobody's way into a village", async (path) => {
    const desk = await startDeskOfOne("direct");
    await desk.here();
    expect((await desk.ask("GET", path)).status).toBe(404);
  });

  test("a village that is another one is shown as such, and nothing of it is taken", async () => {
    const desk = await startDeskOfOne("direct", { site: "longwan" });
    await raise(desk.box);
    const refused = await until(
      async () => (await desk.state()).boxes.find(({ status }) => status === "refused"),
      { what: "a village that is refused" },
    );
    expect(refused).toMatchObject({ reason: "box.other_site" });
    expect((await desk.state()).alarms).toEqual([]);
    expect(await desk.ask("GET", "/boxes/longwan/state")).toMatchObject({
      body: { code: "desk.box_refused" },
    });
  });

  test("a page or script that a village sends is a file to keep, and sets no cookie", async () => {
    const desk = await startDeskOfOne("direct");
    await desk.here();
    desk.box.village.snapshotOf = async () => Buffer.from("<script>alert(1)</script>");
    const answer = await desk.ask("GET", "/boxes/test/cameras/pond-east/snapshot.jpg");
    expect(answer.headers.get("content-security-policy")).toContain("sandbox");
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("set-cookie")).toBeNull();
  });

  test("a stranger without a token opens no channel, and a token opens that of its own village only", async () => {
    const desk = await startDeskOfOne("reverse");
    const statusOf = (headers: Record<string, string>) =>
      new Promise((resolve) => {
        const socket = new WebSocket(`${desk.url.replace("http", "ws")}/api/v1/channel`, { headers });
        socket.on("unexpected-response", (_request, { statusCode }) => resolve(statusCode));
        socket.on("open", () => resolve("open"));
        socket.on("error", () => undefined);
      });
    expect(await statusOf({ authorization: "Bearer a-token-of-nobody-at-all" })).toBe(401);
    const ofAnother = { authorization: "Bearer token-of-the-village-and-its-desk", "cunshao-site": "other" };
    expect(await statusOf(ofAnother)).toBe(403);
  });
});

const hasFfmpeg = spawnSync("ffmpeg", ["-version"]).status === 0;

describe.skipIf(!hasFfmpeg)("the map of the villages (skipped: ffmpeg is not installed)", () => {
  function drawing(): Buffer {
    const words = ["-v", "error", "-f", "lavfi", "-i", "testsrc=d=1:s=640x480", "-frames:v", "1"];
    return execFileSync("ffmpeg", [...words, "-c:v", "png", "-f", "image2pipe", "-"]);
  }

  test("is the desk's own: a picture, and where each village stands, kept over a restart", async () => {
    const desk = await startDeskOfOne("direct");
    const before = (await desk.state()).mapVersion;
    const brought = await fetch(`${desk.url}/api/v1/desk/map/pictures`, {
      method: "POST",
      headers: { ...desk.headers, "content-type": "application/octet-stream" },
      body: new Uint8Array(drawing()),
    });
    expect([brought.status, await brought.json()]).toMatchObject([
      200,
      { picture: { width: 640, height: 480 } },
    ]);
    const places = [{ kind: "village", id: "test", x: 0.25, y: 0.5 }];
    const placed = await desk.ask("PUT", "/desk/map/places", { places, over: null });
    expect(placed).toMatchObject({ status: 200, body: { ground: "picture", places } });
    const other = await desk.ask("PUT", "/desk/map/places", {
      places: [{ ...places[0], id: "no-village" }],
      over: null,
    });
    expect(other).toMatchObject({ status: 409, body: { code: "map.changed" } });
    expect((await desk.state()).mapVersion).not.toBe(before);
    await desk.restart();
    const { body } = await desk.ask("GET", "/desk/map");
    expect(body).toMatchObject({ places, placed: { by: { name: "admin" } } });
    const picture = await desk.ask("GET", `/desk/map/pictures/${body.picture.sha256}`);
    expect([picture.status, picture.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
  });

  test("of a village comes through the desk, to be looked at only", async () => {
    const desk = await startDeskOfOne("direct");
    await desk.here();
    const { map } = desk.box;
    const { picture } = await map.bring(Readable.from([drawing()]), { kind: "person", name: "王主任" });
    expect(await desk.ask("GET", "/boxes/test/map")).toMatchObject({
      status: 200,
      body: { ground: "picture" },
    });
    const shown = await desk.ask("GET", `/boxes/test/map/pictures/${picture?.sha256}`);
    expect([shown.status, shown.headers.get("content-type")]).toEqual([200, "image/jpeg"]);
    const changed = await desk.ask("PUT", "/boxes/test/map/places", { places: [], over: null });
    expect(changed).toMatchObject({ status: 403, body: { code: "access.denied" } });
  });
});
