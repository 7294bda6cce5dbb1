import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSteppedClock, type SteppedClock } from "../../support/stepped-clock.ts";
import { bearer, makeServer, type PanelServer } from "./panel-fixture.ts";

let clock: SteppedClock;
let server: PanelServer;

beforeEach(async () => {
  clock = createSteppedClock();
  server = await makeServer(clock);
});
afterEach(() => server.app.close());

async function fill(count: number): Promise<void> {
  for (let index = 0; index < count; index++) {
    const isAlarm = index % 2 === 0;
    const type = isAlarm ? "org.cunshao.alarm.raised" : "org.cunshao.camera.changed";
    await server.ledger.append({ type, class: isAlarm ? "alarm" : "state", data: { index } });
  }
}

describe("cursors", () => {
  const put = (payload: object, name = "centre") =>
    server.app.inject({ method: "PUT", url: `/api/v1/cursors/${name}`, headers: bearer, payload });

  test("are kept and told", async () => {
    await fill(4);
    expect((await put({ ledger: "ledger1", seq: 3 })).statusCode).toBe(200);
    const answer = await server.app.inject({ url: "/api/v1/cursors/centre", headers: bearer });
    expect(answer.json()).toEqual({
      name: "centre",
      ledger: "ledger1",
      seq: 3,
      waiting: { events: 1, alarms: 0 },
    });
    expect(answer.headers).toMatchObject({ "cunshao-ledger": "ledger1", "cunshao-head": "4" });
  });

  test.each([
    [{ ledger: "another", seq: 1 }, 409, "cursor.other_ledger"],
    [{ ledger: "ledger1", seq: 99 }, 409, "cursor.future"],
    [{ ledger: "ledger1", seq: -1 }, 400, "request.invalid"],
    [{ ledger: "ledger1", seq: "1" }, 400, "request.invalid"],
    [{ ledger: "ledger1" }, 400, "request.invalid"],
    [{ seq: 1 }, 400, "request.invalid"],
  ])("%j is %i %s", async (payload, status, code) => {
    const answer = await put(payload);
    expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  });

  test("nobody has put are unknown, and their names are plain", async () => {
    const unknown = await server.app.inject({ url: "/api/v1/cursors/nobody", headers: bearer });
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, "cursor.unknown"]);
    expect((await put({ ledger: "ledger1", seq: 0 }, "..%2fx")).statusCode).toBe(400);
  });

  test("belong to one copy: another under the same name is refused and told of, once, until it takes over", async () => {
    await fill(4);
    expect((await put({ ledger: "ledger1", seq: 3, holder: "copy-a" })).statusCode).toBe(200);
    for (const seq of [1, 2]) {
      const answer = await put({ ledger: "ledger1", seq, holder: "copy-b" });
      expect([answer.statusCode, answer.json().code]).toEqual([409, "cursor.taken"]);
    }
    // Who names no copy cannot be the one that holds it.
    expect((await put({ ledger: "ledger1", seq: 4 })).json().code).toBe("cursor.taken");
    expect((await put({ ledger: "ledger1", seq: 2, holder: "copy-b", takeOver: true })).statusCode).toBe(200);
    expect(await told()).toEqual(["contested", "contested", "taken_over"]);
    expect((await put({ ledger: "ledger1", seq: 4, holder: "copy-a" })).json().code).toBe("cursor.taken");
  });

  test("that go back are told of: two programs may share the name, or one has lost what it had", async () => {
    await fill(4);
    for (const seq of [4, 2, 4, 2]) await put({ ledger: "ledger1", seq });
    expect(await told()).toEqual(["went_back"]);
    expect((await server.ledger.latest(1))[0]).toMatchObject({
      subject: "centre",
      data: { fromSeq: 4, toSeq: 2 },
    });
  });

  test("are listed with what each has still to get", async () => {
    await fill(4);
    await put({ ledger: "ledger1", seq: 4 }, "ahead");
    await put({ ledger: "ledger1", seq: 1 }, "behind");
    const answer = await server.app.inject({ url: "/api/v1/cursors", headers: bearer });
    expect(answer.json()).toMatchObject([
      { name: "ahead", waiting: { events: 0, alarms: 0 } },
      { name: "behind", waiting: { events: 3, alarms: 1 } },
    ]);
  });

  test("may say for how long to keep what they lack, and go when nobody comes any more", async () => {
    await fill(4);
    expect((await put({ ledger: "ledger1", seq: 3, keepDays: 90 })).json()).toMatchObject({ keepDays: 90 });
    for (const keepDays of [0, 366, 1.5]) {
      expect((await put({ ledger: "ledger1", seq: 3, keepDays })).statusCode).toBe(400);
    }
    const remove = () =>
      server.app.inject({ method: "DELETE", url: "/api/v1/cursors/centre", headers: bearer });
    expect((await remove()).statusCode).toBe(204);
    expect(await told()).toEqual(["removed"]);
    expect((await remove()).json().code).toBe("cursor.unknown");
  });

  test("need the permission for events", async () => {
    const looker = await makeServer(clock, {
      tokens: [{ name: "wall", token: "wall-token", scopes: ["look"] }],
    });
    const headers = { authorization: "Bearer wall-token" };
    for (const url of ["/api/v1/cursors", "/api/v1/cursors/centre"]) {
      expect((await looker.app.inject({ url, headers })).statusCode).toBe(403);
    }
    await looker.app.close();
  });
});

async function told(): Promise<string[]> {
  const events = await server.ledger.read({ after: 4, limit: 100, class: "audit" });
  return events.map(({ type }) => type.replace("org.cunshao.cursor.", ""));
}
