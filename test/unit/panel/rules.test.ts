import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HornLimits } from "../../../src/core/horn-limits.ts";
import type { RuleView } from "../../../src/core/rule-edit.ts";
import { createSteppedClock } from "../../support/stepped-clock.ts";
import { bearer, makeServer, PASSWORD_HASH, type PanelServer } from "./panel-fixture.ts";

const BANK = "/api/v1/rules/pond-bank";
const WORDS = { text: "水深，快上来", repeat: 2, volume: 60 };
const ALWAYS = { days: "all", from: "00:00", to: "24:00" };
/** By day and night. */
const loudest: HornLimits["loudest"] = [{ fromMinute: 0, toMinute: 1440, volume: 90, classes: ["rule"] }];

let server: PanelServer;

// One server for all: what a test changes it puts back.
beforeAll(async () => {
  server = await makeServer(createSteppedClock(), {}, {}, { rules: { limits: { loudest, mostRepeats: 5 } } });
});
afterAll(() => server.app.close());

const loggedIn = new Map<string, Promise<Record<string, string>>>();
function logInAs(role: string): Promise<Record<string, string>> {
  const known = loggedIn.get(role) ?? logIn(role);
  loggedIn.set(role, known);
  return known;
}

async function logIn(role: string): Promise<Record<string, string>> {
  await server.accounts.save({ username: role, passwordHash: PASSWORD_HASH, role });
  return { cookie: await server.logIn(role) };
}

const list = async (headers: Record<string, string>): Promise<RuleView[]> =>
  (await server.app.inject({ url: "/api/v1/rules", headers })).json();
const version = async (id = "pond-bank"): Promise<number> =>
  (await list(await logInAs("viewer"))).find((rule) => rule.id === id)?.version ?? -1;
const patch = (payload: object, headers: Record<string, string>, url = BANK) =>
  server.app.inject({ method: "PATCH", url, headers, payload });
const restore = (headers: Record<string, string>, url = `${BANK}/edit`) =>
  server.app.inject({ method: "DELETE", url, headers });

describe("a rule changed over the API", () => {
  test("holds at once and for everybody, is in the audit, and is put back", async () => {
    const technician = await logInAs("technician");
    const viewer = await logInAs("viewer");
    const [before] = await list(viewer);
    const answer = await patch({ version: await version(), dwellSeconds: 9, say: [WORDS] }, technician);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      ...{ id: "pond-bank", when: { dwellSeconds: 9 }, say: [WORDS] },
      changed: { by: "technician", state: "edited" },
    });
    expect((await list(viewer))[0]).toEqual(answer.json());
    const state = (await server.app.inject({ url: "/api/v1/state", headers: viewer })).json();
    expect(state.rules[0]).toEqual(answer.json());
    const { version: _old, changed: _who, ...configured } = before as RuleView;
    expect((await restore(technician)).json()).toMatchObject(configured);
    const audit = await server.ledger.read({ after: 0, limit: 100, class: "audit" });
    expect(audit.filter(({ type }) => type.includes(".rule."))).toMatchObject([
      { type: "org.cunshao.rule.edited", data: { rule: "pond-bank", by: { name: "technician" } } },
      { type: "org.cunshao.rule.restored", data: { rule: "pond-bank", by: { name: "technician" } } },
    ]);
  });

  test("is told to whoever was slower, with the name of who was quicker", async () => {
    const technician = await logInAs("technician");
    const opened = await version();
    await patch({ version: opened, dwellSeconds: 9 }, technician);
    const late = await patch({ version: opened, dwellSeconds: 3 }, technician);
    expect(late.json()).toMatchObject({ status: 409, code: "rule.changed" });
    expect(late.json().detail).toContain("technician");
    await restore(technician);
    expect((await patch({ version: opened, dwellSeconds: 3 }, technician)).json()).toMatchObject({
      code: "rule.changed",
    });
  });

  test.each(["viewer", "operator"])("is not for a %s", async (role) => {
    const headers = await logInAs(role);
    const before = await list(headers);
    expect((await patch({ version: await version(), dwellSeconds: 9 }, headers)).statusCode).toBe(403);
    expect((await restore(headers)).statusCode).toBe(403);
    expect(await list(headers)).toEqual(before);
  });

  test("is not for the township, nor for strangers, nor for another site's page", async () => {
    const edit = { version: await version(), dwellSeconds: 9 };
    expect((await patch(edit, bearer)).statusCode).toBe(403);
    expect((await patch(edit, {})).statusCode).toBe(401);
    expect((await restore({})).statusCode).toBe(401);
    const technician = await logInAs("technician");
    const foreign = await patch(edit, { ...technician, origin: "https://elsewhere.example" });
    expect(foreign.json()).toMatchObject({ status: 403, code: "request.other_origin" });
  });

  test.each<[string, object, number, string]>([
    ["no day", { schedule: [{ ...ALWAYS, days: [] }] }, 422, "rule.bad_hours"],
    ["no time", { schedule: [] }, 422, "rule.bad_hours"],
    [
      "hours that never are",
      { schedule: [{ ...ALWAYS, from: "24:00", to: "00:00" }] },
      422,
      "rule.bad_hours",
    ],
    ["hours in words", { schedule: [{ ...ALWAYS, from: "noon" }] }, 422, "rule.bad_hours"],
    ["hours without end", { schedule: Array(99).fill(ALWAYS) }, 400, "request.invalid"],
    ["ten thousand signs", { say: [{ ...WORDS, text: "水".repeat(10_000) }] }, 400, "request.invalid"],
    ["more signs than a warning has", { say: [{ ...WORDS, text: "水".repeat(201) }] }, 422, "rule.bad_words"],
    ["no words", { say: [{ ...WORDS, text: "  " }] }, 422, "rule.bad_words"],
    [
      "a script for words",
      { say: [{ ...WORDS, text: "<img src=x onerror=alert(1)>" }] },
      400,
      "broadcast.text_markup",
    ],
    ["what no voice can say", { say: [{ ...WORDS, text: "龘" }] }, 422, "speech.script"],
    ["a volume beyond the speaker's limit", { say: [{ ...WORDS, volume: 91 }] }, 422, "rule.too_loud"],
    ["a volume beyond all", { say: [{ ...WORDS, volume: 1000 }] }, 400, "request.invalid"],
    ["silence", { say: [{ ...WORDS, volume: 0 }] }, 400, "request.invalid"],
    ["words too often", { say: [{ ...WORDS, repeat: 6 }] }, 422, "rule.too_often"],
    ["other speakers", { say: [{ ...WORDS, speakers: ["square"] }] }, 400, "request.invalid"],
    ["words more than it has", { say: [WORDS, WORDS] }, 422, "rule.misfit"],
    ["its steps taken away", { escalate: [] }, 422, "rule.misfit"],
    ["another condition", { when: { input: "sos" } }, 400, "request.invalid"],
    ["an emergency", { severity: "emergency" }, 400, "request.invalid"],
    ["a stay without end", { dwellSeconds: 1e9 }, 400, "request.invalid"],
    ["a level that a camera has not", { above: 3 }, 422, "rule.misfit"],
    ["no prototype of mine", { __proto__: null, constructor: {} }, 400, "request.invalid"],
  ])("with %s is refused with its reason, and nothing changes", async (_what, edit, status, code) => {
    const headers = await logInAs("technician");
    const before = await list(headers);
    const answer = await patch({ version: await version(), ...edit }, headers);
    expect(answer.json()).toMatchObject({ status, code });
    expect(answer.headers["content-type"]).toContain("application/problem+json");
    expect(await list(headers)).toEqual(before);
  });

  test.each([["1"], [-1], [1.5], [undefined]])(
    "needs the version that it was made on: not %s",
    async (bad) => {
      const headers = await logInAs("technician");
      expect((await patch({ version: bad, dwellSeconds: 9 }, headers)).json()).toMatchObject({
        code: "request.invalid",
      });
    },
  );

  test("takes an emergency's words, but neither its hours nor its gravity", async () => {
    const headers = await logInAs("technician");
    const url = "/api/v1/rules/sos";
    for (const edit of [{ severity: "notice" }, { schedule: [ALWAYS] }]) {
      const answer = await patch({ version: await version("sos"), ...edit }, headers, url);
      expect(answer.json()).toMatchObject({ status: 422, code: "rule.fixed" });
    }
  });

  test.each(["nowhere", "constructor", "__proto__", "..%2Fpond-bank"])("is not there at %s", async (id) => {
    const headers = await logInAs("technician");
    const url = `/api/v1/rules/${id}`;
    expect((await patch({ version: 0, dwellSeconds: 9 }, headers, url)).json()).toMatchObject({
      ...{ status: 404, code: "rule.unknown" },
    });
    expect((await restore(headers, `${url}/edit`)).json()).toMatchObject({ status: 404 });
  });
});
