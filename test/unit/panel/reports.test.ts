import { request as httpRequest } from "node:http";
import { beforeEach, describe, expect, test } from "vitest";
import type { AlarmView } from "../../../src/core/village.ts";
import { until } from "../../support/until.ts";
import { bearer, listen, makeServer, PASSWORD, type PanelServer } from "./panel-fixture.ts";

const alarm: AlarmView = {
  id: "a1",
  rule: "pond-bank",
  name: "东塘有人靠近",
  place: "东塘",
  severity: "warning",
  status: "raised",
  raisedAt: "2026-07-01T06:00:00.000Z",
  seq: 1,
  delivered: [],
};
const PATH = "/alarms/a1/reports/report-01";

let server: PanelServer;
let cookie = "";
beforeEach(async () => {
  server = await makeServer();
  server.village.update({ alarms: [alarm] });
  cookie = await server.logIn();
  return () => server.app.close();
});

function put(path: string, payload: string | Buffer | object, headers: Record<string, string> = { cookie }) {
  return server.app.inject({ method: "PUT", url: `/api/v1${path}`, headers, payload });
}
const send = (path: string, content: string | Buffer, type = "image/jpeg") =>
  put(path, Buffer.from(content), { cookie, "content-type": type });
const shown = () => server.village.state().alarms[0]?.reports;
const evidence = async () => {
  const events = await server.ledger.read({ after: 0, limit: 1000, class: "alarm" });
  return events.filter(({ type }) => type === "org.cunshao.evidence.added");
};

describe("a report from the spot", () => {
  test("is told with words and place, shown and heard by whoever may look, and stands on the alarm", async () => {
    const place = { latitude: 27.61, longitude: 113.52, accuracyMeters: 12 };
    const told = await put(PATH, { text: " 人已上岸，\n送卫生院了 ", place, photos: 1, hasVoice: true });
    expect(told.json()).toMatchObject({
      ...{ id: "report-01", by: "admin", text: "人已上岸，\n送卫生院了", place, photos: 1, hasVoice: true },
      files: [],
    });
    const photo = (await send(`${PATH}/photos/0`, "picture")).json();
    const voice = (await send(`${PATH}/voice`, "voice", "audio/webm")).json();
    expect([photo.kind, voice.kind, voice.durationMs]).toEqual(["photo", "voice", 1000]);
    const [{ reports }] = (await server.app.inject({ url: "/api/v1/alarms", headers: { cookie } })).json();
    expect(reports).toMatchObject([
      { id: "report-01", files: [{ sha256: photo.sha256 }, { sha256: voice.sha256 }] },
    ]);

    await server.accounts.add({
      username: "viewer",
      passwordHash: (await server.accounts.find("admin"))?.passwordHash ?? "",
      role: "viewer",
    });
    const viewer = { cookie: await server.logIn("viewer"), range: "bytes=0-1" };
    const heard = await server.app.inject({ url: `/api/v1/evidence/${voice.sha256}`, headers: viewer });
    expect([heard.statusCode, heard.headers["content-type"], heard.body]).toEqual([206, "audio/mp4", "vo"]);
    expect(heard.headers["content-security-policy"]).toBe("default-src 'none'; sandbox");
  });

  test("sent again is the same report, and its files are not there twice", async () => {
    const words = { text: "人已上岸", photos: 1 };
    expect((await put(PATH, words)).json()).toEqual((await put(PATH, words)).json());
    await send(`${PATH}/photos/0`, "picture");
    expect((await send(`${PATH}/photos/0`, "picture")).statusCode).toBe(200);
    expect([shown()?.length, (await evidence()).length]).toEqual([1, 1]);
    const other = await put(PATH, { text: "没人" });
    expect([other.statusCode, other.json().code]).toEqual([409, "report.id_reused"]);
    const otherFile = await send(`${PATH}/photos/0`, "another");
    expect([otherFile.statusCode, otherFile.json().code]).toEqual([409, "report.id_reused"]);
  });

  test("keeps a script in its words as the words it is", async () => {
    const text = `<script>alert(1)</script>{{ 7*7 }}'; DROP TABLE alarms; --`;
    expect((await put(PATH, { text })).json()).toMatchObject({ text });
    expect(shown()).toMatchObject([{ text }]);
  });

  test.each<[string, object]>([
    ["nothing", {}],
    ["blanks", { text: " \n " }],
    ["501 characters", { text: "长".repeat(501) }],
    ["control characters", { text: "a\u001b[31mb" }],
    ["five pictures", { photos: 5 }],
    ["half a picture", { photos: 0.5 }],
    ["a place off the earth", { place: { latitude: 91, longitude: 0, accuracyMeters: 1 } }],
    ["a place that is no number", { place: { latitude: "27", longitude: 113, accuracyMeters: 1 } }],
  ])("of %s is none", async (_what, words) => {
    const refused = await put(PATH, words);
    expect([refused.statusCode, refused.json().code]).toEqual([400, "request.invalid"]);
    expect(shown()).toBeUndefined();
  });

  test.each([
    ["a path", "/alarms/a1/reports/..%2F..%2Fetc%2Fpasswd"],
    ["a short one", "/alarms/a1/reports/x"],
    ["a long one", `/alarms/a1/reports/${"x".repeat(65)}`],
  ])("has no id that is %s", async (_what, path) => {
    expect((await put(path, { text: "x" })).json().code).toBe("request.invalid");
  });

  test("is of an alarm that there is, and its files of a report that there is", async () => {
    const nowhere = await put("/alarms/none/reports/report-01", { text: "x" });
    expect([nowhere.statusCode, nowhere.json().code]).toEqual([404, "alarm.unknown"]);
    const early = await send(`${PATH}/photos/0`, "picture");
    expect([early.statusCode, early.json().code]).toEqual([404, "report.unknown"]);
    await put(PATH, { text: "x" });
    const unannounced = await send(`${PATH}/photos/0`, "picture");
    expect([unannounced.statusCode, unannounced.json().code]).toEqual([409, "report.not_announced"]);
    for (const number of ["4", "-1", "1.5", "x", "..%2F0"]) {
      expect((await send(`${PATH}/photos/${number}`, "picture")).json().code).toBe("request.invalid");
    }
    expect(await evidence()).toEqual([]);
  });

  test.each(["text/html", "application/json", "multipart/form-data; boundary=x", "no/type"])(
    "takes a file by what it is, whatever its sender calls it, e.g. %s",
    async (type) => {
      await put(PATH, { photos: 1 });
      expect((await send(`${PATH}/photos/0`, '{"a":1}', type)).statusCode).toBe(200);
      expect((await evidence())[0]?.data["mediaType"]).toBe("image/jpeg");
    },
  );

  test("keeps nothing of a file that is not what it should be, or too large", async () => {
    await put(PATH, { photos: 1, hasVoice: true });
    const bad = await send(`${PATH}/photos/0`, "bad <html>");
    expect([bad.statusCode, bad.json().code]).toEqual([422, "report.not_photo"]);
    const dumb = await send(`${PATH}/voice`, "bad");
    expect([dumb.statusCode, dumb.json().code]).toEqual([422, "report.not_voice"]);
    const large = await send(`${PATH}/photos/0`, Buffer.alloc(8_000_001));
    expect([large.statusCode, large.json().code, large.headers["connection"]]).toEqual([
      413,
      "report.too_large",
      "close",
    ]);
    expect(await evidence()).toEqual([]);
  });

  test("is not left half by who hangs up: the same file is taken when it comes again", async () => {
    await put(PATH, { photos: 1 });
    const url = new URL(await listen(server));
    const path = `/api/v1${PATH}/photos/0`;
    const headers = { cookie, "content-length": "5000", origin: url.origin };
    const sending = httpRequest({ host: url.hostname, port: url.port, path, method: "PUT", headers });
    sending.on("error", () => {});
    sending.write("half");
    await until(() => (sending.socket?.bytesWritten ?? 0) > 4);
    sending.destroy();
    await until(async () => (await send(`${PATH}/photos/0`, "picture")).statusCode === 200);
    expect(await evidence()).toHaveLength(1);
  });
});

describe("a report is taken from", () => {
  const WORDS = { text: "x", photos: 1 };

  test("nobody who is not logged in, nor another site's page", async () => {
    const foreign = { cookie, origin: "https://evil.example" };
    const framed = { cookie, "sec-fetch-site": "cross-site" };
    for (const [headers, code] of [
      [{}, "session.required"],
      [foreign, "request.other_origin"],
      [framed, "request.other_origin"],
    ] as const) {
      expect((await put(PATH, WORDS, headers)).json().code).toBe(code);
      expect((await put(`${PATH}/photos/0`, Buffer.from("picture"), headers)).json().code).toBe(code);
    }
    expect(shown()).toBeUndefined();
  });

  test("whoever may handle alarms, and not from who may only look", async () => {
    for (const [username, role, status] of [
      ["liu", "operator", 200],
      ["guest", "viewer", 403],
    ] as const) {
      const payload = { username, password: PASSWORD, role };
      await server.app.inject({ method: "POST", url: "/api/v1/accounts", headers: { cookie }, payload });
      const theirs = { cookie: await server.logIn(username) };
      const path = `/alarms/a1/reports/report-${username}`;
      expect((await put(path, WORDS, theirs)).statusCode).toBe(status);
      expect((await put(`${path}/photos/0`, Buffer.from("picture"), theirs)).statusCode).toBe(status);
    }
    expect(shown()).toMatchObject([{ by: "liu", files: [{ kind: "photo" }] }]);
  });

  test("one person for one report: nobody else adds to it", async () => {
    await put(PATH, WORDS);
    const theirs = { ...bearer, "content-type": "image/jpeg" };
    expect((await put(`${PATH}/photos/0`, Buffer.from("picture"), theirs)).json().code).toBe(
      "report.unknown",
    );
    expect((await put(PATH, WORDS, bearer)).json().code).toBe("report.id_reused");
  });
});

test("the page may ask for the place, and for no camera: pictures come from the telephone's own", async () => {
  const page = await server.app.inject({ url: "/" });
  expect(page.headers["permissions-policy"]).toBe("camera=(), geolocation=(self), microphone=(self)");
});
