import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { makeServer, PASSWORD_HASH, type PanelServer } from "./panel-fixture.ts";

const WRITTEN = {
  sensors: [{ id: "pond-level", name: "东塘水位", profile: "generic-level", bus: "rs485-1", address: 1 }],
  buses: [{ id: "rs485-1", port: "/dev/ttyS1" }],
};
const MOVED = { list: "sensors", id: "pond-level", entry: { ...WRITTEN.sensors[0], address: 2 } };

let server: PanelServer;
beforeEach(async () => {
  server = await makeServer(createSteppedClock(), {}, {}, { written: WRITTEN });
});
afterEach(() => server.app.close());

async function as(role: string): Promise<Record<string, string>> {
  await server.accounts.save({ username: role, passwordHash: PASSWORD_HASH, role });
  return { cookie: await server.logIn(role) };
}
const post = (url: string, payload: object, headers: Record<string, string>) =>
  server.app.inject({ method: "POST", url: `/api/v1/set-up/${url}`, headers, payload });

describe("the set-up over the API", () => {
  test("is looked at, changed and put back by a technician, who stands in the audit", async () => {
    const headers = await as("technician");
    const before = (await server.app.inject({ url: "/api/v1/set-up", headers })).json();
    expect(before).toMatchObject({
      ...{ version: 0, running: 0, leftOut: [] },
      entries: [{ list: "sensors", id: "pond-level", entry: { address: 1 }, origin: "file" }],
      buses: [{ id: "rs485-1", port: "/dev/ttyS1", framing: "rtu" }],
    });
    const changed = await post("changes", { version: 0, changes: [MOVED] }, headers);
    expect(changed.statusCode).toBe(200);
    expect(changed.json()).toMatchObject({
      version: 1,
      entries: [{ id: "pond-level", entry: { address: 2 }, origin: "changed", by: "technician" }],
    });
    const places = [{ list: "sensors", id: "pond-level" }];
    const restored = await post("restore", { version: 1, places }, headers);
    expect(restored.json()).toMatchObject({ version: 2, entries: [{ origin: "file" }] });
    const audit = await server.ledger.read({ after: 0, limit: 100, class: "audit" });
    expect(audit.filter(({ type }) => type.includes(".set_up."))).toMatchObject([
      { type: "org.cunshao.set_up.changed", data: { by: { kind: "person", name: "technician" } } },
      { type: "org.cunshao.set_up.restored", data: { places } },
    ]);
  });

  test("tells whoever was slower so, in words", async () => {
    const headers = await as("technician");
    await post("changes", { version: 0, changes: [MOVED] }, headers);
    const late = await post("changes", { version: 0, changes: [MOVED] }, headers);
    expect([late.statusCode, late.json().code]).toEqual([409, "set_up.changed"]);
  });

  test.each(["viewer", "operator"])("is not for a %s", async (role) => {
    const headers = await as(role);
    expect((await server.app.inject({ url: "/api/v1/set-up", headers })).statusCode).toBe(403);
    expect((await post("changes", { version: 0, changes: [MOVED] }, headers)).statusCode).toBe(403);
    expect(server.setUp.kept.version).toBe(0);
  });

  test.each([
    ["no changes", { version: 0, changes: [] }],
    ["a list that is not changed here", { version: 0, changes: [{ ...MOVED, list: "panel" }] }],
    ["an entry that is none", { version: 0, changes: [{ ...MOVED, entry: "all" }] }],
    ["more than twenty at once", { version: 0, changes: Array.from({ length: 21 }, () => MOVED) }],
    ["a secret whose name is the file's", { version: 0, changes: [MOVED], secrets: { township: "x" } }],
    ["an empty secret", { version: 0, changes: [MOVED], secrets: { "page-x": "" } }],
    ["no version", { changes: [MOVED] }],
  ])("refuses %s", async (_what, body) => {
    const answer = await post("changes", body, await as("technician"));
    expect([answer.statusCode, answer.json().code]).toEqual([400, "request.invalid"]);
    expect(server.setUp.kept.version).toBe(0);
  });
});
