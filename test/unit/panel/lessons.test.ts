import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { isoTime } from "../../../src/core/time.ts";
import type { AlarmView } from "../../../src/core/village.ts";
import { createSteppedClock, type SteppedClock } from "../../support/stepped-clock.ts";
import { moving, presence, raised, raisedByMovement, trackAt } from "../rules/lesson-samples.ts";
import { bearer, makeServer, PASSWORD_HASH, type PanelServer } from "./panel-fixture.ts";

let clock: SteppedClock;
let server: PanelServer;

beforeEach(async () => {
  clock = createSteppedClock();
  server = await makeServer(clock);
});
afterEach(() => server.app.close());

async function logInAs(role: string): Promise<Record<string, string>> {
  await server.accounts.save({ username: role, passwordHash: PASSWORD_HASH, role });
  return { cookie: await server.logIn(role) };
}

async function raiseAlarm(id: string, data: Readonly<Record<string, unknown>>): Promise<void> {
  const { village, ledger } = server;
  const { seq } = await ledger.append({
    type: "org.cunshao.alarm.raised",
    class: "alarm",
    subject: id,
    data,
  });
  const alarm: AlarmView = {
    ...{ id, rule: "pond-bank", name: "东塘有人靠近", place: "东塘", camera: "pond-east", delivered: [] },
    severity: "warning",
    status: "raised",
    raisedAt: isoTime(clock.now().wallMs),
    seq,
  };
  village.update({ alarms: [alarm, ...village.state().alarms] });
}

const duck = trackAt(1, [0.3, 0.8]);
const call = (method: "GET" | "POST" | "DELETE", path: string, headers: Record<string, string>) =>
  server.app.inject({ method, url: `/api/v1${path}`, headers });

describe("a false alarm", () => {
  test("is asked about, tapped, listed, counted and taken back", async () => {
    const operator = await logInAs("operator");
    const viewer = await logInAs("viewer");
    await raiseAlarm("it", raised([duck]));
    const preview = (await call("GET", "/alarms/it/false-alarm", viewer)).json();
    expect(preview).toMatchObject({
      alarm: "it",
      ignores: { name: "东塘 塘埂", until: "2026-07-31T06:00:00.000Z" },
    });
    expect((await call("POST", "/alarms/it/false-alarm", viewer)).statusCode).toBe(403);
    const answer = await call("POST", "/alarms/it/false-alarm", operator);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({ ...preview, lesson: "lesson-1" });
    expect(server.village.handled).toMatchObject([{ alarm: "it", what: "acknowledged" }]);
    expect((await call("GET", "/alarms", viewer)).json()).toMatchObject([{ id: "it", falseBy: "operator" }]);

    server.lessons.sift(presence(0, [trackAt(5, [0.3, 0.8])]));
    const list = (await call("GET", "/lessons", viewer)).json();
    expect(list).toMatchObject([
      {
        id: "lesson-1",
        state: "holding",
        by: { kind: "person", name: "operator" },
        alarms: ["it"],
        today: 1,
        week: 1,
      },
    ]);
    const metrics = (await call("GET", "/metrics", await logInAs("technician"))).body;
    expect(metrics).toContain('cunshao_lesson_ignored_total{camera="pond-east",zone="bank"} 1\n');
    expect(metrics).toContain("cunshao_lessons 1\n");

    expect((await call("DELETE", "/lessons/lesson-1", viewer)).statusCode).toBe(403);
    expect((await call("DELETE", "/lessons/lesson-1", operator)).statusCode).toBe(204);
    expect((await call("DELETE", "/lessons/lesson-1", operator)).json()).toMatchObject({
      code: "lesson.unknown",
      status: 404,
    });
    expect((await call("GET", "/lessons", viewer)).json()).toEqual([]);
    const audit = await server.ledger.read({ after: 0, limit: 100, class: "audit" });
    expect(audit.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["org.cunshao.lesson.ordered", "org.cunshao.lesson.undone"]),
    );
  });

  test("shows what was ignored last, to whoever may look", async () => {
    const operator = await logInAs("operator");
    await raiseAlarm("it", raisedByMovement([duck.box]));
    await call("POST", "/alarms/it/false-alarm", operator);
    expect((await call("GET", "/lessons/lesson-1/picture.jpg", operator)).json()).toMatchObject({
      code: "lesson.unpictured",
      status: 404,
    });
    server.lessons.sift(moving(0, [duck.box]));
    await new Promise((resolve) => setImmediate(resolve));
    const picture = await call("GET", "/lessons/lesson-1/picture.jpg", operator);
    expect([picture.statusCode, picture.headers["content-type"]]).toEqual([200, "image/jpeg"]);
    expect(picture.headers["cache-control"]).toBe("no-store");
    expect((await call("GET", "/lessons/lesson-1/picture.jpg", {})).statusCode).toBe(401);
  });

  test("is taken back by the alarm, also where nothing was learnt; the township may do both", async () => {
    await raiseAlarm("pressed", { because: { kind: "contact", input: "sos", closed: true } });
    const marked = await call("POST", "/alarms/pressed/false-alarm", bearer);
    expect(marked.json()).toEqual({ alarm: "pressed", nothing: "lesson.no_picture" });
    expect((await call("DELETE", "/alarms/pressed/false-alarm", bearer)).statusCode).toBe(204);
    expect((await call("DELETE", "/alarms/pressed/false-alarm", bearer)).json()).toMatchObject({
      code: "alarm.not_false",
      status: 409,
    });
  });
});

describe("what is asked amiss", () => {
  test.each<["GET" | "POST" | "DELETE", string, number]>([
    ["GET", "/alarms/nobody/false-alarm", 404],
    ["POST", "/alarms/nobody/false-alarm", 404],
    ["DELETE", "/alarms/nobody/false-alarm", 404],
    ["POST", "/alarms/__proto__/false-alarm", 404],
    ["POST", `/alarms/${"a".repeat(129)}/false-alarm`, 400],
    ["DELETE", "/lessons/nobody", 404],
    ["DELETE", `/lessons/${"a".repeat(129)}`, 400],
    ["DELETE", "/lessons/..%2F..%2Fetc", 404],
    ["GET", "/lessons/constructor/picture.jpg", 404],
    ["GET", "/lessons/%00/picture.jpg", 404],
  ])("%s %s answers %i and changes nothing", async (method, path, status) => {
    const operator = await logInAs("operator");
    await raiseAlarm("it", raised([duck]));
    await call("POST", "/alarms/it/false-alarm", operator);
    const before = server.lessons.list();
    expect((await call(method, path, operator)).statusCode).toBe(status);
    expect(server.lessons.list()).toEqual(before);
  });

  test("events of alarms that nobody can make sense of teach nothing", async () => {
    const operator = await logInAs("operator");
    for (const [index, because] of [null, [], "presence", { kind: "presence", boxes: [1e9] }].entries()) {
      await raiseAlarm(`odd-${index}`, { because });
      const answer = await call("POST", `/alarms/odd-${index}/false-alarm`, operator);
      expect(answer.json()).toMatchObject({ nothing: expect.stringMatching(/^lesson\./) });
    }
    expect(server.lessons.list()).toEqual([]);
  });

  test("nobody without a log-in sees or changes anything", async () => {
    for (const [method, path] of [
      ["GET", "/lessons"],
      ["GET", "/alarms/it/false-alarm"],
      ["POST", "/alarms/it/false-alarm"],
      ["DELETE", "/alarms/it/false-alarm"],
      ["DELETE", "/lessons/one"],
    ] as const) {
      expect((await call(method, path, {})).statusCode).toBe(401);
    }
  });
});
