import { afterEach, beforeEach, expect, test } from "vitest";
import { drillRecord } from "../../support/drills-double.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { makeServer, PASSWORD_HASH, type PanelServer } from "./panel-fixture.ts";

let server: PanelServer;

beforeEach(async () => {
  server = await makeServer(createSteppedClock());
});
afterEach(() => server.app.close());

async function logInAs(role: string): Promise<Record<string, string>> {
  await server.accounts.save({ username: role, passwordHash: PASSWORD_HASH, role });
  return { cookie: await server.logIn(role) };
}

const begin = (payload: object, headers: Record<string, string>) =>
  server.app.inject({ method: "POST", url: "/api/v1/drills", headers, payload });

test("an operator begins a drill, which names him; who may only look sees it and begins none", async () => {
  const operator = await logInAs("operator");
  const viewer = await logInAs("viewer");
  expect((await begin({ speakers: ["pond"] }, viewer)).statusCode).toBe(403);
  const answer = await begin({ speakers: ["pond"] }, operator);
  expect(answer.statusCode).toBe(202);
  expect(server.drills.begun).toEqual([{ speakers: ["pond"], by: { kind: "person", name: "operator" } }]);
  const seen = await server.app.inject({ url: "/api/v1/drills", headers: viewer });
  expect(seen.json()).toMatchObject({
    plan: { volume: 30 },
    speakers: [{ speaker: "pond", running: true }, {}],
  });
  expect(seen.json()).toEqual(answer.json());
  const [noted] = (await server.ledger.read({ after: 0, limit: 100 })).filter(({ type }) =>
    type.endsWith("drill.ordered"),
  );
  expect(noted).toMatchObject({ class: "audit", data: { speakers: ["pond"], by: { name: "operator" } } });
});

test("the records of a speaker are given, newest first; of one that is not there none", async () => {
  const viewer = await logInAs("viewer");
  server.drills.show(server.drills.view(), [drillRecord("pond"), drillRecord("square")]);
  const get = (url: string) => server.app.inject({ url: `/api/v1/drills/${url}/records`, headers: viewer });
  expect((await get("pond")).json()).toEqual([drillRecord("pond")]);
  expect((await get("moon")).statusCode).toBe(404);
  expect((await get("moon")).json()).toMatchObject({ code: "drill.no_such_speaker", title: "没有这个喇叭" });
});

test.each([
  {},
  { speakers: [] },
  { speakers: "pond" },
  { speakers: [7] },
  { speakers: ["pond"], volume: 100 },
  { speakers: Array.from({ length: 65 }, () => "pond") },
])("refuses %j", async (body) => {
  const operator = await logInAs("operator");
  expect((await begin(body, operator)).statusCode).toBe(400);
  expect(server.drills.begun).toEqual([]);
});
