import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PERMISSIONS, PERMISSIONS_OF, ROLES } from "../../../src/core/access.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import type { TownshipDesk } from "../../../src/core/township-desk.ts";
import type { PanelApp } from "../../../src/panel/context.ts";
import { buildDeskServer } from "../../../src/panel/desk/desk-server.ts";
import { askFromElsewhere, operationsOf } from "./described-routes.ts";
import { makeDependencies, PASSWORD, PASSWORD_HASH } from "./panel-fixture.ts";

// Every route of a township's desk, as its OpenAPI document tells of it.

/** Of villages of which none is there. */
const township: TownshipDesk = {
  state: () => ({
    desk: { id: "zhuting", name: "朱亭镇", timezone: "Asia/Shanghai" },
    ...{ version: "1", now: "2026-07-01T00:00:00.000Z", boxes: [], alarms: [] },
  }),
  onChange: () => () => undefined,
  async takeBack({ act }) {
    throw new GatewayError(`Nothing ${act} waits`, { code: "desk.act_unknown", kind: "permanent" });
  },
  act: async () => ({ status: "kept" }),
  file: async () => undefined,
  door(box) {
    throw new GatewayError(`${box} cannot be reached`, { code: "desk.box_away", kind: "transient" });
  },
};

let dependencies: ReturnType<typeof makeDependencies>;
let app: PanelApp;
beforeAll(async () => {
  dependencies = makeDependencies();
  app = await buildDeskServer({
    ...dependencies,
    desk: township,
    channels: {
      boxOf: () => undefined,
      admit: async () => undefined,
      turnAway: () => undefined,
      accept: () => undefined,
    },
  });
});
afterAll(() => app.close());

async function logInAs(role: (typeof ROLES)[number]): Promise<Record<string, string>> {
  const username = `a-${role}`;
  await dependencies.accounts.save({ username, passwordHash: PASSWORD_HASH, role });
  const answer = await app.inject({
    method: "POST",
    url: "/api/v1/session",
    payload: { username, password: PASSWORD },
  });
  const [cookie] = answer.cookies;
  return { cookie: `${cookie?.name}=${cookie?.value}` };
}

/** An answer without end. */
const isStream = (path: string): boolean => path.endsWith("/stream");

describe("of every route of a desk", () => {
  test("only health, the log-in and the channel with its own tokens are open, and every other one says what it needs", async () => {
    const all = await operationsOf(app);
    const open = all.filter(({ isOpen }) => isOpen).map(({ method, path }) => `${method} ${path}`);
    expect(open.sort()).toEqual(["GET /api/v1/channel", "GET /api/v1/health", "POST /api/v1/session"]);
    const known = new Set<string | undefined>([...PERMISSIONS, "log-in"]);
    expect(all.filter(({ isOpen, needs }) => !isOpen && !known.has(needs))).toEqual([]);
    expect(all.length).toBeGreaterThanOrEqual(25);
  });

  test("none answers without a log-in or with a wrong token; the channel takes no token of a person's either", async () => {
    for (const { method, path, isOpen } of await operationsOf(app)) {
      if (isOpen && !path.endsWith("/channel")) continue;
      for (const headers of [{}, { authorization: "Bearer wrong" }, { cookie: "cunshao_session=forged" }]) {
        const answer = await askFromElsewhere(app, method, path, headers);
        expect([method, path, answer]).toEqual([method, path, "401 session.required"]);
      }
    }
    const headers = await logInAs("administrator");
    expect(await askFromElsewhere(app, "GET", "/api/v1/channel", headers)).toBe("401 session.required");
  });

  test.each(ROLES)("none fails a %s, and none does what he may not", async (role) => {
    const headers = await logInAs(role);
    const may = new Set<string | undefined>([...PERMISSIONS_OF[role], "log-in"]);
    const guarded = (await operationsOf(app)).filter(({ isOpen, path }) => !isOpen && !isStream(path));
    // What ends the log-in comes last.
    const isEnd = ({ method, path }: { method: string; path: string }): number =>
      Number(method === "DELETE" && path === "/api/v1/session");
    for (const { method, path, needs } of guarded.sort((a, b) => isEnd(a) - isEnd(b))) {
      const answer = await askFromElsewhere(app, method, path, headers);
      if (may.has(needs)) expect([method, path, answer]).not.toEqual([method, path, "403 access.denied"]);
      else expect([method, path, answer]).toEqual([method, path, "403 access.denied"]);
      expect([method, path, answer.startsWith("500")]).toEqual([method, path, false]);
    }
  });
});
