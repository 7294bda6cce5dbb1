import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createSteppedClock, type SteppedClock } from "../../support/stepped-clock.ts";
import { makeServer, PASSWORD_HASH, type PanelServer } from "./panel-fixture.ts";

const polygon = [
  [0.1, 0.3],
  [0.9, 0.3],
  [0.9, 1],
  [0.1, 1],
];
const TRIALS = "/api/v1/cameras/pond-east/zone-trials";
const order = { zone: "bank", drawing: { polygon }, reason: "画区域" };

let server: PanelServer;
let clock: SteppedClock;
const cookies = new Map<string, string>();

beforeAll(() => {
  clock = createSteppedClock();
});
beforeEach(async () => {
  server = await makeServer(clock);
  cookies.clear();
  await server.zones.start();
  for (const role of ["viewer", "operator", "technician", "administrator", "township"] as const) {
    await server.accounts.save({ username: role, passwordHash: PASSWORD_HASH, role });
    cookies.set(role, await server.logIn(role));
  }
  const startMs = clock.now().wallMs - 1_800_000;
  server.trialRig.segments.record({ startMs, seconds: 60 });
  return () => server.app.close();
});

const ask = (method: "POST" | "GET" | "DELETE", url: string, role: string, payload?: object) =>
  server.app.inject({
    method,
    url,
    headers: { cookie: cookies.get(role) ?? "" },
    ...(payload && { payload }),
  });
const begin = (role = "technician", payload: object = order) => ask("POST", TRIALS, role, payload);

describe("a dry run over the API", () => {
  test("is begun, told, and leaves nothing but an audit of why the recordings were looked at", async () => {
    const begun = await begin();
    expect(begun.statusCode).toBe(202);
    const { id } = begun.json();
    expect(begun.headers["location"]).toBe(`${TRIALS}/${id}`);
    expect(begun.json()).toMatchObject({
      ...{ camera: "pond-east", zone: "bank", by: "technician", status: "running", recordedSeconds: 60 },
      ...{ from: "2026-07-01T05:00:00.000Z", to: "2026-07-01T06:00:00.000Z", alarms: [] },
    });
    const [program] = server.trialRig.programs;
    expect(program?.questions).toMatchObject([{ zones: [{ id: "bank", polygon }] }]);
    const atMs = clock.now().wallMs - 1_790_000;
    const boxes = [{ x: 0.1, y: 0.1, width: 0.1, height: 0.2 }];
    program?.answer({ kind: "alarm", alarm: { atMs, boxes }, picture: Uint8Array.of(0xff, 0xd8, 0xff) });
    program?.answer({ kind: "done" });
    expect((await ask("GET", `${TRIALS}/${id}`, "technician")).json()).toMatchObject({
      ...{ status: "done", alarmCount: 1 },
      alarms: [{ number: 1, at: "2026-07-01T05:30:10.000Z", boxes, hasPicture: true }],
    });
    const events = await server.ledger.read({ after: 0, limit: 100 });
    expect(events.filter(({ type }) => !type.includes(".session."))).toMatchObject([
      {
        type: "org.cunshao.recording.viewed",
        class: "audit",
        subject: "pond-east",
        data: { zone: "bank", purpose: "zone-trial", reason: "画区域", by: { name: "technician" } },
      },
    ]);
    expect(server.zones.zonesOf("pond-east")[0]?.drawn).toBeUndefined();
  });

  test("shows pictures to who may see recordings, and to nobody else", async () => {
    const { id } = (await begin()).json();
    const picture = Uint8Array.of(0xff, 0xd8, 0xff, 1);
    server.trialRig.programs[0]?.answer({ kind: "alarm", alarm: { atMs: 1, boxes: [] }, picture });
    const url = `${TRIALS}/${id}/pictures/1`;
    expect((await ask("GET", url, "technician")).statusCode).toBe(403);
    const seen = await ask("GET", url, "administrator");
    expect(seen.headers).toMatchObject({
      "content-type": "image/jpeg",
      "cache-control": "private, no-store",
    });
    expect(seen.rawPayload).toEqual(Buffer.from(picture));
    expect((await ask("GET", `${TRIALS}/${id}/pictures/2`, "administrator")).json().code).toBe(
      "trial.no_picture",
    );
  });

  test("is stopped by who no longer wants it, and what was found stays", async () => {
    const { id } = (await begin()).json();
    expect((await ask("DELETE", `${TRIALS}/${id}`, "technician")).statusCode).toBe(204);
    expect(server.trialRig.programs[0]?.isRunning).toBe(false);
    expect((await ask("GET", `${TRIALS}/${id}`, "technician")).json().status).toBe("stopped");
  });

  test("waits for another person's", async () => {
    await begin();
    const answer = await begin("administrator");
    expect([answer.statusCode, answer.json().code]).toEqual([503, "trial.busy"]);
  });

  test.each(["viewer", "operator", "township"])("is not for a %s", async (role) => {
    expect((await begin(role)).json().code).toBe("access.denied");
    expect(server.trialRig.programs).toEqual([]);
  });

  test.each<[string, object, number, string]>([
    ["without a reason", { ...order, reason: undefined }, 400, "request.invalid"],
    ["with a reason of spaces", { ...order, reason: "   " }, 400, "request.invalid"],
    ["of a zone that there is not", { ...order, zone: "nowhere" }, 404, "zone.unknown"],
    ["of a zone by a name of the language", { ...order, zone: "__proto__" }, 404, "zone.unknown"],
    ["of two corners", { ...order, drawing: { polygon: polygon.slice(2) } }, 422, "outline.corners"],
    [
      "of an outline that crosses itself",
      { ...order, drawing: { polygon: [polygon[0], polygon[2], polygon[1], polygon[3]] } },
      422,
      "outline.crosses",
    ],
    [
      "of a corner outside of the picture",
      { ...order, drawing: { polygon: [...polygon, [2, 2]] } },
      422,
      "outline.outside",
    ],
    [
      "of 65 corners",
      { ...order, drawing: { polygon: Array.from({ length: 65 }, () => [0, 0]) } },
      400,
      "request.invalid",
    ],
    ["of no numbers", { ...order, drawing: { polygon: [["a", "b"]] } }, 400, "request.invalid"],
    ["with rules of the caller's own", { ...order, rules: [] }, 400, "request.invalid"],
  ])("is refused %s, and nothing is in the audit", async (_, payload, status, code) => {
    const answer = await begin("technician", payload);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
    expect(server.trialRig.programs).toEqual([]);
    const audit = await server.ledger.read({ after: 0, limit: 100, class: "audit" });
    expect(audit.filter(({ type }) => type.includes("recording"))).toEqual([]);
  });

  test("is refused where nothing is recorded, or before another camera", async () => {
    server.trialRig.segments.segments.length = 0;
    const none = await begin();
    expect([none.statusCode, none.json().code]).toEqual([404, "recordings.none"]);
    const other = await ask("POST", "/api/v1/cameras/nowhere/zone-trials", "technician", order);
    expect([other.statusCode, other.json().code]).toEqual([404, "camera.unknown"]);
  });

  test("is not begun while the audit cannot be kept", async () => {
    server.ledger.append = () => Promise.reject(new Error("disk full"));
    expect((await begin()).json().code).toBe("audit.unavailable");
    expect(server.trialRig.programs).toEqual([]);
  });

  test.each(["GET", "DELETE"] as const)("answers %s of one that there is not", async (method) => {
    const { id } = (await begin()).json();
    for (const url of [`${TRIALS}/nothing`, `/api/v1/cameras/gate/zone-trials/${id}`]) {
      const answer = await ask(method, url, "technician");
      expect([answer.statusCode, answer.json().code]).toEqual([404, "trial.unknown"]);
    }
  });
});
