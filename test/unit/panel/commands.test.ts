import { afterEach, beforeEach, expect, test } from "vitest";
import { bearer, makeServer, type PanelServer } from "./panel-fixture.ts";

let server: PanelServer;
beforeEach(async () => {
  server = await makeServer();
});
afterEach(() => server.app.close());

function command(overrides: object = {}) {
  const now = server.clock.now().wallMs;
  return {
    id: "c-1",
    site: "test",
    kind: "broadcast",
    issued: new Date(now).toISOString(),
    expires: new Date(now + 60_000).toISOString(),
    data: { speakers: ["pond"], text: "请大家远离河边" },
    ...overrides,
  };
}
const post = (payload: object, headers: Record<string, string> = bearer) =>
  server.app.inject({ method: "POST", url: "/api/v1/commands", headers, payload });

test("the township's token orders, and the answer says what became of it", async () => {
  const answer = await post(command());
  expect([answer.statusCode, answer.json()]).toEqual([
    200,
    { id: "c-1", kind: "broadcast", status: "done", result: { broadcast: "command:c-1" } },
  ]);
  expect(server.village.said).toMatchObject([{ source: { kind: "township", name: "township" } }]);
});

test.each([
  [{ site: "another" }, 409, "command.other_site"],
  [{ kind: "reboot" }, 400, "command.invalid"],
  [{ id: undefined }, 400, "command.invalid"],
  [{ kind: "configuration", data: { yaml: "a: 1" } }, 403, "command.denied"],
  [{ key: "k", signature: "x" }, 403, "command.unknown_key"],
])("%j is %i %s", async (overrides, status, code) => {
  const answer = await post(command(overrides));
  expect([answer.statusCode, answer.json().code]).toEqual([status, code]);
  expect((await server.ledger.latest(1))[0]).toMatchObject({
    type: "org.cunshao.command.refused",
    data: { refusal: code, via: "township" },
  });
});

test("people act by themselves", async () => {
  const answer = await post(command(), { cookie: await server.logIn() });
  expect([answer.statusCode, answer.json().code]).toEqual([403, "command.not_a_machine"]);
});

test("strangers order nothing", async () => {
  expect((await post(command(), {})).statusCode).toBe(401);
});
