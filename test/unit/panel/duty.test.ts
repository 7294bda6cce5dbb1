import { beforeEach, expect, test } from "vitest";
import { createManualClock } from "../../support/manual-clock.ts";
import { bearer, makeServer } from "./panel-fixture.ts";

const ALWAYS = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 1440 };
const LI = { name: "李", phone: "0731-8765 4321", when: ALWAYS };

let server: Awaited<ReturnType<typeof makeServer>>;
beforeEach(async () => {
  server = await makeServer(createManualClock(), {}, {}, { duty: [LI] });
});

const call = (method: "GET" | "PUT" | "DELETE", payload?: object) =>
  server.app.inject({ method, url: "/api/v1/duty", headers: bearer, ...(payload && { payload }) });

test("the roster is read, written and put back", async () => {
  expect((await call("GET")).json()).toEqual({ turns: [LI], version: 0 });
  const night = { ...LI, name: "王", when: { ...ALWAYS, season: { from: 601, to: 930 }, also: [ALWAYS] } };
  const written = (await call("PUT", { turns: [night], version: 0 })).json();
  expect(written).toMatchObject({ turns: [night], written: { by: { name: "township" } } });
  expect((await call("DELETE")).json()).toEqual({ turns: [LI], version: 0 });
});

test("who read it before somebody else wrote it is told", async () => {
  await call("PUT", { turns: [], version: 0 });
  const late = await call("PUT", { turns: [LI], version: 0 });
  expect([late.statusCode, late.json().code]).toEqual([409, "duty.changed"]);
});

test.each([
  ["no name", { ...LI, name: " " }],
  ["a name of two lines", { ...LI, name: "李\n王" }],
  ["a name that is too long", { ...LI, name: "李".repeat(61) }],
  ["a telephone that is none", { ...LI, phone: "110; rm" }],
  ["no day", { ...LI, when: { ...ALWAYS, days: [] } }],
  ["a day that is none", { ...LI, when: { ...ALWAYS, days: [0] } }],
  ["a day twice", { ...LI, when: { ...ALWAYS, days: [1, 1] } }],
  ["a minute that is none", { ...LI, when: { ...ALWAYS, toMinute: 1441 } }],
  ["a date that is none", { ...LI, when: { ...ALWAYS, season: { from: 231, to: 930 } } }],
  ["a field too many", { ...LI, salary: 1 }],
])("%s is refused", async (_what, turn) => {
  const answer = await call("PUT", { turns: [turn], version: 0 });
  expect([answer.statusCode, answer.json().code]).toEqual([400, "request.invalid"]);
  expect((await call("GET")).json().version).toBe(0);
});

test("65 turns are too many", async () => {
  const answer = await call("PUT", { turns: Array.from({ length: 65 }, () => LI), version: 0 });
  expect(answer.statusCode).toBe(400);
});
