import { request as httpRequest } from "node:http";
import { beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/core/time.ts";
import { until } from "../../support/until.ts";
import { bearer, listen, makeServer, PASSWORD, type PanelServer } from "./panel-fixture.ts";

let server: PanelServer;
let cookie = "";
beforeEach(async () => {
  server = await makeServer();
  cookie = await server.logIn();
  return () => server.app.close();
});

function call(
  method: "GET" | "POST" | "PATCH" | "DELETE",
  url: string,
  payload?: string | Buffer | object,
  more = {},
) {
  return server.app.inject({
    method,
    url: `/api/v1${url}`,
    headers: { cookie, ...more },
    ...(payload === undefined ? {} : { payload }),
  });
}

const upload = (content: string, name: string, type = "audio/mpeg") =>
  call("POST", `/clips?name=${encodeURIComponent(name)}`, Buffer.from(content), { "content-type": type });

describe("recordings for the horns", () => {
  test("are brought in, listed, listened to, named, deleted and put back", async () => {
    const added = await upload("horn", "村歌");
    expect(added.statusCode).toBe(201);
    const { id, sha256 } = added.json();
    expect(added.json()).toMatchObject({
      name: "村歌",
      durationMs: 1000,
      addedBy: { kind: "person", name: "admin" },
    });
    expect((await call("GET", "/clips")).json()).toMatchObject({
      clips: [{ id }],
      removed: [],
      usedBytes: 4,
      limits: { maxSeconds: 600, maxUploadBytes: 10_000 },
    });
    const audio = await call("GET", `/clips/${id}/audio`, undefined, { range: "bytes=1-2" });
    expect([audio.statusCode, audio.body, audio.headers["content-type"], audio.headers.etag]).toEqual([
      206,
      "or",
      "audio/wav",
      `"${sha256}"`,
    ]);
    const named = await call("PATCH", `/clips/${id}`, { name: "新歌", replaces: "快跑" });
    expect(named.json()).toMatchObject({ name: "新歌", replaces: "快跑" });
    expect((await call("DELETE", `/clips/${id}`)).json()).toMatchObject({ code: "clips.in_use" });
    await call("PATCH", `/clips/${id}`, { replaces: "" });
    expect((await call("DELETE", `/clips/${id}`)).statusCode).toBe(204);
    expect((await call("GET", `/clips/${id}/audio`)).statusCode).toBe(404);
    expect((await call("GET", "/clips")).json()).toMatchObject({ clips: [], removed: [{ id }] });
    expect((await call("POST", `/clips/${id}/restore`)).statusCode).toBe(200);
    expect((await call("GET", "/clips")).json()).toMatchObject({ clips: [{ id }], removed: [] });
  });

  test.each(["audio/wav", "application/json", "text/plain", "multipart/form-data; boundary=x", "no/type"])(
    "are taken as files whatever their sender calls them, e.g. %s",
    async (type) => {
      expect((await upload('{"a":1}', "a", type)).statusCode).toBe(201);
    },
  );

  test.each([
    ["bad", "a", 422, "clips.not_audio"],
    ["x".repeat(10_001), "a", 413, "clips.too_large"],
    ["horn", "", 422, "clips.name"],
    ["horn", "a".repeat(201), 400, "request.invalid"],
  ])("%.4s named %.4j is refused with %d %s", async (content, name, status, code) => {
    const answer = await upload(content, name);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect((await call("GET", "/clips")).json().clips).toEqual([]);
  });

  test("are named, or nothing is read", async () => {
    expect((await call("POST", "/clips", Buffer.from("horn"))).json()).toMatchObject({
      code: "request.invalid",
    });
  });

  test("are not left half by who hangs up", async () => {
    const url = new URL(await listen(server));
    const sending = httpRequest({
      ...{ host: url.hostname, port: url.port, path: "/api/v1/clips?name=a", method: "POST" },
      headers: { cookie, "content-length": "5000", origin: url.origin },
    });
    sending.on("error", () => {});
    sending.write("half");
    await until(
      () =>
        server.app.server.listening &&
        sending.socket?.bytesWritten !== undefined &&
        sending.socket.bytesWritten > 4,
    );
    sending.destroy();
    // The place it took is free again.
    await until(async () =>
      (await Promise.all([upload("b", "b"), upload("c", "c")])).every(({ statusCode }) => statusCode !== 503),
    );
    const { clips } = (await call("GET", "/clips")).json();
    expect(clips.map(({ name }: { name: string }) => name).sort()).toEqual(["b", "c"]);
  });

  test("are nothing that a viewer changes", async () => {
    await server.app.inject({
      ...{ method: "POST", url: "/api/v1/accounts", headers: { cookie } },
      payload: { username: "viewer", password: PASSWORD, role: "viewer" },
    });
    await upload("horn", "村歌");
    cookie = await server.logIn("viewer");
    const answers = [
      await call("GET", "/clips"),
      await upload("other", "a"),
      await call("PATCH", "/clips/clip-1", { name: "b" }),
      await call("DELETE", "/clips/clip-1"),
      await call("POST", "/clips/clip-1/restore"),
    ];
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 403, 403, 403, 403]);
  });

  test("may come from the township's machine", async () => {
    const answer = await server.app.inject({
      ...{ method: "POST", url: "/api/v1/clips?name=a", headers: { ...bearer, "content-type": "audio/wav" } },
      payload: Buffer.from("horn"),
    });
    expect(answer.json()).toMatchObject({ addedBy: { kind: "township", name: "township" } });
  });
});

describe("a recording that some speaker would cut off", () => {
  const speakerLimits = [
    { speaker: "pond", name: "东塘喇叭", longestMs: 59_200 },
    { speaker: "hall", name: "村部喇叭", longestMs: 179_200 },
  ];
  beforeEach(async () => {
    await server.app.close();
    server = await makeServer(systemClock, {}, {}, { speakerLimits });
    cookie = await server.logIn();
  });

  test("is taken, and says which and when, in the answer and in the list", async () => {
    const tooLongFor = [{ speaker: "pond", name: "东塘喇叭", seconds: 59 }];
    expect((await upload("100s", "村歌")).json()).toMatchObject({ tooLongFor });
    expect((await upload("20s", "通知")).json()).toMatchObject({ tooLongFor: [] });
    const { clips, limits } = (await call("GET", "/clips")).json();
    expect(clips.map((clip: { tooLongFor: unknown }) => clip.tooLongFor)).toEqual([[], tooLongFor]);
    expect(limits.maxSeconds).toBe(179);
  });

  test("is refused with the reason and the limit where all of them would", async () => {
    const answer = await upload("300s", "村歌");
    expect([answer.statusCode, answer.json()]).toMatchObject([
      422,
      {
        code: "clips.longer_than_speakers",
        title: expect.stringContaining("请剪短"),
        detail: expect.stringContaining("179 s"),
      },
    ]);
    expect((await call("GET", "/clips")).json().clips).toEqual([]);
  });
});

describe("a broadcast of a recording", () => {
  test("names it, with its content, in the order", async () => {
    const { id, sha256 } = (await upload("horn", "村歌")).json();
    const answer = await call("POST", "/broadcasts", { speakers: ["pond"], clip: id });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ clip: id, speakers: ["pond"] });
    expect(server.village.said).toMatchObject([
      { content: { kind: "clip", clip: id, name: "村歌", sha256 } },
    ]);
  });

  test.each([
    [{ clip: "clip-9" }, 404, "clips.unknown"],
    [{ clip: "clip-9", text: "你好" }, 400, "request.invalid"],
    [{}, 400, "broadcast.text_empty"],
  ])("as %j is refused", async (content, status, code) => {
    const answer = await call("POST", "/broadcasts", { speakers: ["pond"], ...content });
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(server.village.said).toEqual([]);
  });
});
