import { afterEach, beforeEach, expect, test } from "vitest";
import { createSteppedClock, type SteppedClock } from "../../support/stepped-clock.ts";
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

const pause = (payload: object, headers: Record<string, string>) =>
  server.app.inject({ method: "POST", url: "/api/v1/pauses", headers, payload });
const list = async (headers: Record<string, string>) =>
  (await server.app.inject({ url: "/api/v1/pauses", headers })).json();
const bank = { camera: "pond-east", zone: "bank", seconds: 3600, reason: "有人洗衣" };

test("an operator pauses a zone, everybody sees it, and an operator arms it again", async () => {
  const operator = await logInAs("operator");
  const viewer = await logInAs("viewer");
  const answer = await pause(bank, operator);
  expect(answer.statusCode).toBe(201);
  const view = answer.json();
  expect(view).toMatchObject({
    name: "东塘 塘埂",
    rules: ["pond-bank"],
    until: "2026-07-01T07:00:00.000Z",
    by: { kind: "person", name: "operator" },
    reason: "有人洗衣",
    withheld: 0,
  });
  expect(await list(viewer)).toEqual([view]);
  expect(server.closed).toEqual([{ rules: ["pond-bank"], by: "operator" }]);
  const remove = (headers: Record<string, string>) =>
    server.app.inject({ method: "DELETE", url: `/api/v1/pauses/${view.id}`, headers });
  expect((await remove(viewer)).statusCode).toBe(403);
  expect((await remove(operator)).statusCode).toBe(204);
  expect((await remove(operator)).json()).toMatchObject({ code: "pause.unknown", status: 404 });
  expect(await list(viewer)).toEqual([]);
  const audit = await server.ledger.read({ after: 0, limit: 100, class: "audit" });
  expect(audit.map(({ type }) => type)).toEqual(
    expect.arrayContaining(["org.cunshao.pause.ordered", "org.cunshao.pause.lifted"]),
  );
});

test.each(["viewer", "township"])("a %s pauses nothing, and arms nothing either", async (role) => {
  const view = (await pause(bank, await logInAs("operator"))).json();
  const headers = await logInAs(role);
  expect((await pause({ ...bank, seconds: 60 }, headers)).statusCode).toBe(403);
  const remove = await server.app.inject({ method: "DELETE", url: `/api/v1/pauses/${view.id}`, headers });
  expect(remove.statusCode).toBe(403);
  expect(await list(headers)).toEqual([view]);
});

test("nor does a township's program by its token", async () => {
  expect((await pause(bank, bearer)).statusCode).toBe(403);
  expect(await list(bearer)).toEqual([]);
});

test("calls for help are paused by a technician, not by an operator", async () => {
  const order = { rule: "sos", seconds: 600, reason: "修按钮" };
  expect((await pause(order, await logInAs("operator"))).json()).toMatchObject({
    code: "pause.emergency",
    status: 403,
  });
  expect((await pause(order, await logInAs("technician"))).statusCode).toBe(201);
});

test.each([
  ["no reason", { ...bank, reason: "  " }, 400],
  ["a reason that breaks lines", { ...bank, reason: "a\nb" }, 400],
  ["a reason without end", { ...bank, reason: "长".repeat(201) }, 400],
  ["nothing to pause", { seconds: 3600, reason: "x" }, 400],
  ["a rule and a zone", { ...bank, rule: "pond-bank" }, 400],
  ["a camera without a zone", { ...bank, zone: undefined }, 400],
  ["no end", { ...bank, seconds: undefined }, 400],
  ["two ends", { ...bank, until: "2026-07-01T07:00:00Z" }, 400],
  ["an end that is no time", { ...bank, seconds: undefined, until: "tonight" }, 400],
  ["seconds in words", { ...bank, seconds: "3600" }, 400],
  ["something unknown", { ...bank, forever: true }, 400],
  ["an end that is past", { ...bank, seconds: undefined, until: "2026-07-01T05:59:00Z" }, 422],
  ["the year 9999", { ...bank, seconds: undefined, until: "9999-12-31T23:59:59Z" }, 422],
  ["a million years", { ...bank, seconds: 3.2e13 }, 422],
  ["less than nothing", { ...bank, seconds: -1 }, 422],
  ["an unknown rule", { rule: "__proto__", seconds: 60, reason: "x" }, 404],
  ["an unknown camera", { ...bank, camera: "nowhere" }, 404],
  ["an unknown zone", { ...bank, zone: "nowhere" }, 404],
])("%s is refused, and everything stays armed", async (_name, order, status) => {
  const headers = await logInAs("operator");
  expect((await pause(order, headers)).statusCode).toBe(status);
  expect(await list(headers)).toEqual([]);
});
