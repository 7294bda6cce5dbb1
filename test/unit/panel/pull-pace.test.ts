import { afterEach, beforeEach, expect, test } from "vitest";
import { createManualClock, type ManualClock } from "../../support/manual-clock.ts";
import { makeServer, type PanelServer } from "./panel-fixture.ts";

let clock: ManualClock;
let server: PanelServer;

beforeEach(async () => {
  clock = createManualClock();
  server = await makeServer(clock, {
    tokens: [
      { name: "township", token: "township-token", scopes: ["look", "events"] },
      { name: "county", token: "county-token", scopes: ["look", "events"] },
    ],
  });
});

afterEach(() => server.app.close());

function get(url: string, headers: Record<string, string>) {
  return server.app.inject({ url: `/api/v1${url}`, headers });
}

test("a token that pulls without a rest is asked to wait, and nobody else is", async () => {
  const township = { authorization: "Bearer township-token" };
  let answer = await get("/events", township);
  let taken = 0;
  while (answer.statusCode === 200 && taken < 1000) {
    taken++;
    answer = await get(taken % 2 === 0 ? "/events" : "/cursors", township);
  }
  expect(taken).toBe(200);
  expect([answer.statusCode, answer.json().code]).toEqual([429, "pull.throttled"]);
  expect(answer.headers["retry-after"]).toBe("1");
  expect((await get(`/evidence/${"0".repeat(64)}`, township)).statusCode).toBe(429);

  // Another puller, a person, and what is no pulling.
  expect((await get("/events", { authorization: "Bearer county-token" })).statusCode).toBe(200);
  expect((await get("/events", { cookie: await server.logIn() })).statusCode).toBe(200);
  expect((await get("/state", township)).statusCode).toBe(200);

  // The second it was asked to wait is enough, for as many as a second gives.
  await clock.advance(1000);
  const statuses: number[] = [];
  for (let count = 0; count < 21; count++) statuses.push((await get("/events", township)).statusCode);
  expect(statuses).toEqual([...Array.from({ length: 20 }, () => 200), 429]);
});
